//! The registrar, end to end: the real `clearance serve`, real `git`, and what people send.

mod registrar {
    mod commands;
    mod crash;
    mod forge;
    mod fuzzed;
    mod gitea;
    mod guides;
    mod installed;
    mod refusals;
    mod stores;
    mod support;
}
