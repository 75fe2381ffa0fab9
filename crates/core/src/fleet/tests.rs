//! A fleet that changes is the fleet that would be built anew.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Few names, ports and hosts, so that clusters clash, follow and replace one another.
fn record() -> impl Strategy<Value = Record> {
    let address = proptest::option::of((0..2_u8, 30_000..30_004_u16).prop_map(|(host, port)| (format!("10.0.0.{host}"), port)));
    let kind = proptest::option::of(prop_oneof![Just(ClusterType::Physical), Just(ClusterType::Virtual)]);
    let usage = proptest::option::of(prop_oneof![Just(Usage::Host), Just(Usage::Worker)]);
    let name = prop_oneof![Just(""), Just("a"), Just("b"), Just("c"), Just("d")];
    (name, kind, usage, proptest::option::of("[a-d]"), address, proptest::option::of(30_000..30_004_u16)).prop_map(
        |(name, cluster_type, usage, host_cluster, address, port)| Record {
            namespace: "nautes".to_owned(),
            name: name.to_owned(),
            cluster_type,
            usage,
            host_cluster,
            address,
            gateway_ports: port.map(|port| (GatewayPort::Http, port)).into_iter().collect(),
            component_hosts: port.map(|port| (Slot::Deployment, format!("argocd-{port}"))).into_iter().collect(),
            ..Record::default()
        },
    )
}

fn referrer() -> impl Strategy<Value = Referrer> {
    (prop_oneof![Just(ReferrerKind::Environment), Just(ReferrerKind::DeploymentRuntime)], "[x-z]", "[a-b]")
        .prop_map(|(kind, name, cluster)| Referrer { kind, namespace: "team".to_owned(), name, cluster, file: None })
}

#[derive(Debug, Clone)]
enum Event {
    Put(Record),
    Take(String),
    Refer(Referrer),
    Unrefer(Referrer),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        record().prop_map(Event::Put),
        "[a-d]".prop_map(Event::Take),
        referrer().prop_map(Event::Refer),
        referrer().prop_map(Event::Unrefer),
    ]
}

/// Everything but the order in which records came.
fn indexes(fleet: &Fleet) -> String {
    format!("{:#?}", fleet.index)
}

proptest! {
    #[test]
    fn a_fleet_that_changes_is_the_fleet_built_anew(events in proptest::collection::vec(event(), 0..40)) {
        let mut fleet = Fleet::default();
        let (mut records, mut referrers) = (BTreeMap::new(), Vec::new());
        for event in events {
            match event {
                // Two that have no name do not replace one another; in a cluster nothing is without.
                Event::Put(record) if record.name.is_empty() => {}
                Event::Put(record) => {
                    fleet.put(record.clone());
                    records.insert(record.identity(), record);
                }
                Event::Take(name) => {
                    let identity = ("nautes".to_owned(), name);
                    fleet.take(&identity);
                    records.remove(&identity);
                }
                Event::Refer(referrer) => {
                    if !referrers.contains(&referrer) {
                        referrers.push(referrer.clone());
                        fleet.refer(referrer);
                    }
                }
                Event::Unrefer(referrer) => {
                    fleet.unrefer(&referrer);
                    referrers.retain(|other| *other != referrer);
                }
            }
            let anew = Fleet::new(records.values().rev().cloned(), referrers.clone(), false);
            prop_assert_eq!(indexes(&fleet), indexes(&anew));
            prop_assert_eq!(fleet.records().len(), anew.records().len());
        }
    }
}
