//! Whether the server lives, and whether it is ready to be asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::tls::Shown;

/// What probes are told.
#[derive(Debug)]
pub(crate) struct Health {
    stopping: AtomicBool,
    kept: AtomicBool,
    /// What every answer says, while something is not as it was asked for.
    notice: RwLock<Option<&'static str>>,
    certificate: Arc<Shown>,
}

impl Health {
    /// Of a server whose fleet is read and whose files are looked after.
    pub(crate) fn new(certificate: Arc<Shown>) -> Self {
        Self { stopping: AtomicBool::new(false), kept: AtomicBool::new(true), notice: RwLock::new(None), certificate }
    }

    /// From now on no new client is to come.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Nobody looks after certificate, catalogue and fleet any more: only a new start helps.
    pub(crate) fn abandon(&self) {
        self.kept.store(false, Ordering::Relaxed);
    }

    /// Says what every answer is to say, until it says otherwise.
    pub(crate) fn set_notice(&self, notice: Option<&'static str>) {
        *self.notice.write().unwrap_or_else(PoisonError::into_inner) = notice;
    }

    pub(crate) fn notice(&self) -> Option<&'static str> {
        *self.notice.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds until the certificate expires.
    pub(crate) fn expires_in(&self, now: i64) -> i64 {
        self.certificate.expires_in(now)
    }

    /// Why the server had better be started anew; nothing if all is well.
    pub(crate) fn ill(&self) -> Option<&'static str> {
        (!self.kept.load(Ordering::Relaxed)).then_some("certificate, catalogue and fleet are no longer looked after")
    }

    /// Why the server is not to be asked now, in a sentence each; nothing if it is ready.
    pub(crate) fn unready(&self, now: i64, synced: bool) -> Vec<&'static str> {
        let reasons = [
            (self.is_stopping(), "the server is stopping"),
            (!synced, "the fleet is not known yet"),
            (self.certificate.expires_in(now) <= 0, "the certificate has expired"),
            (self.certificate.begins_in(now) > 0, "the certificate is not valid yet"),
        ];
        reasons.into_iter().filter_map(|(is_so, reason)| is_so.then_some(reason)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{Identity, clients};

    impl Health {
        /// With a certificate that lasts two hours.
        pub(crate) fn for_tests() -> Self {
            let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("it is a name");
            (params.not_before, params.not_after) = (at(-1), at(2));
            let key = rcgen::KeyPair::generate().expect("it can be made");
            let certificate = params.self_signed(&key).expect("it can be made");
            let identity = Identity::read(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).expect("they go together");
            Self::new(crate::tls::Shown::new(identity, clients(None).expect("everybody")).expect("it can be shown"))
        }
    }

    fn at(hours: i64) -> time::OffsetDateTime {
        time::OffsetDateTime::now_utc() + time::Duration::hours(hours)
    }

    /// The clock is read each time, so it may jump as it likes.
    #[test]
    fn a_clock_that_jumps_makes_it_unready_and_ready_again() {
        let health = Health::for_tests();
        let unready = |hours| health.unready(at(hours).unix_timestamp(), true);
        assert!(unready(0).is_empty());
        assert_eq!(unready(3), ["the certificate has expired"]);
        assert_eq!(unready(-3), ["the certificate is not valid yet"]);
        assert!(unready(1).is_empty());
        health.stop();
        assert_eq!(
            health.unready(at(3).unix_timestamp(), false),
            ["the server is stopping", "the fleet is not known yet", "the certificate has expired"]
        );
        assert_eq!(health.ill(), None);
        health.abandon();
        assert!(health.ill().is_some());
    }
}
