//! The admission door where it belongs: a real API server asks the real `clearance serve`, over real TLS.

mod api_server {
    mod life;
    mod refusals;
    mod support;
    mod words;
}
