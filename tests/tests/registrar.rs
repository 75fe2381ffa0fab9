//! The registrar, end to end: the real `clearance serve`, real `git`, and what people send.

mod registrar {
    mod crash;
    mod forge;
    mod fuzzed;
    mod guides;
    mod installed;
    mod refusals;
    mod support;
}
