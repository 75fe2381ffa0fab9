//! What is counted, in the words of Prometheus (`OpenMetrics` text).
//!
//! Labels hold only what we chose (paths, operations, outcomes, rules): nothing that a client sends
//! becomes a series.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

type Label = (&'static str, &'static str);

/// Most reviews take less than a tenth of a millisecond; the last bucket is the longest deadline.
const BUCKETS: [f64; 16] =
    [25e-6, 50e-6, 75e-6, 100e-6, 150e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 100e-3, 500e-3, 1.0, 5.0];

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub reviews: Family<[Label; 3], Counter>,
    pub took: Family<[Label; 1], Histogram, fn() -> Histogram>,
    pub in_flight: Gauge,
    pub shed: Counter,
    pub late: Counter,
    pub findings: Family<[Label; 2], Counter>,
    /// Refusals that somebody who may overrode, by rule.
    pub overridden: Family<[Label; 1], Counter>,
    /// Refusals that monitor mode let through, by rule.
    pub monitored: Family<[Label; 1], Counter>,
    pub connections: Gauge,
    pub evicted: Counter,
    pub certificate: Gauge,
    pub certificate_failing: Gauge,
    pub clusters: Gauge,
    pub referrers: Gauge,
    /// Seconds since the fleet was last known to be as the cluster has it.
    pub fleet_age: Gauge<f64, AtomicU64>,
    pub catalog: Family<[Label; 1], Gauge>,
    pub captured: Counter,
    pub not_captured: Counter,
}

impl Metrics {
    pub(crate) fn new(core: &str) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("clearance"),
            reviews: Family::default(),
            took: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
            shed: Counter::default(),
            late: Counter::default(),
            findings: Family::default(),
            overridden: Family::default(),
            monitored: Family::default(),
            connections: Gauge::default(),
            evicted: Counter::default(),
            certificate: Gauge::default(),
            certificate_failing: Gauge::default(),
            clusters: Gauge::default(),
            referrers: Gauge::default(),
            fleet_age: Gauge::default(),
            catalog: Family::default(),
            captured: Counter::default(),
            not_captured: Counter::default(),
        };
        metrics.registered(core)
    }

    /// Names and explains each of them. A counter's name gets `_total`.
    fn registered(mut self, core: &str) -> Self {
        let all = &mut self.registry;
        all.register(
            "build",
            "The version, and a hash of the rules, the built-in catalogue and the usual settings; an answer's audit annotation `core` \
             has that of the catalogue and settings in force",
            Info::new([("core", core.to_owned())]),
        );
        all.register("reviews", "Reviews by path, operation and outcome (allowed, refused, invalid, failed)", self.reviews.clone());
        all.register_with_unit("review_duration", "From the head of a request to its answer", Unit::Seconds, self.took.clone());
        all.register("reviews_in_flight", "Reviews that are being read or judged", self.in_flight.clone());
        all.register("reviews_shed", "Reviews that were turned away because too many were waiting", self.shed.clone());
        all.register("reviews_late", "Reviews that were not answered within the deadline", self.late.clone());
        all.register("findings", "Findings by rule and severity", self.findings.clone());
        all.register("overrides", "Refusals that somebody who may do so overrode, by rule", self.overridden.clone());
        all.register("monitored", "Refusals that monitor mode let through, by rule", self.monitored.clone());
        all.register("connections", "Open connections", self.connections.clone());
        all.register("connections_evicted", "Connections that were closed to make room for others", self.evicted.clone());
        all.register_with_unit(
            "certificate_expiry",
            "The time until the certificate in use expires; negative once it has",
            Unit::Seconds,
            self.certificate.clone(),
        );
        all.register(
            "certificate_failing",
            "1 while a new certificate cannot be used and an older one is",
            self.certificate_failing.clone(),
        );
        all.register("fleet_clusters", "Clusters in the fleet that reviews are judged against", self.clusters.clone());
        all.register("fleet_referrers", "Other objects in it that refer to clusters", self.referrers.clone());
        all.register_with_unit(
            "fleet_age",
            "The time since the fleet was last known to be as it is",
            Unit::Seconds,
            self.fleet_age.clone(),
        );
        all.register("catalog", "1 for the catalogue in force (built-in, given, last-good)", self.catalog.clone());
        all.register("captured", "Refused reviews that were written for replay", self.captured.clone());
        all.register("not_captured", "Refused reviews that were too long to write, or too many", self.not_captured.clone());
        self
    }

    /// Counts a review that was answered.
    pub(crate) fn reviewed(&self, path: &'static str, operation: &'static str, outcome: &'static str, took: Duration) {
        self.reviews.get_or_create(&[("path", path), ("operation", operation), ("outcome", outcome)]).inc();
        self.took.get_or_create(&[("path", path)]).observe(took.as_secs_f64());
    }

    /// Says which catalogue is in force.
    pub(crate) fn set_catalog(&self, word: &'static str) {
        for known in ["built-in", "given", "last-good"] {
            self.catalog.get_or_create(&[("origin", known)]).set(i64::from(known == word));
        }
    }

    /// What Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prometheus_reads() {
        let metrics = Metrics::new("0.1.0+abc");
        metrics.reviewed("/validate", "CREATE", "refused", Duration::from_micros(60));
        metrics.findings.get_or_create(&[("rule", "port-already-used"), ("severity", "error")]).inc();
        metrics.certificate.set(86_400);
        metrics.set_catalog("last-good");
        let text = metrics.text();
        for line in [
            "clearance_reviews_total{path=\"/validate\",operation=\"CREATE\",outcome=\"refused\"} 1",
            "clearance_review_duration_seconds_bucket{le=\"0.00005\",path=\"/validate\"} 0",
            "clearance_review_duration_seconds_bucket{le=\"0.000075\",path=\"/validate\"} 1",
            "clearance_findings_total{rule=\"port-already-used\",severity=\"error\"} 1",
            "clearance_certificate_expiry_seconds 86400",
            "clearance_catalog{origin=\"last-good\"} 1",
            "clearance_catalog{origin=\"given\"} 0",
            "clearance_build_info{core=\"0.1.0+abc\"} 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|there| there == line), "{line}:\n{text}");
        }
    }
}
