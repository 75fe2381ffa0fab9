//! Node ports: which may be used, and who has them.

use super::connection::other;
use super::structure::{insert, set};
use super::{Check, Relation, Subject, rules};
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, message};
use crate::fleet::{GatewayPort, NODE_PORTS, PortOwner};
use crate::model::{ClusterType, Slot, Usage};
use crate::net::{in_url, port_number};
use crate::prelude::*;
use crate::rules::components::at;

rules! { "ports";
    PORT_OUT_OF_RANGE = "port-out-of-range", Error, Invalid, false, Check::Alone(port_out_of_range),
        "a node port lies outside the range of node ports", "节点端口超出范围";
    PORTS_EQUAL = "ports-equal", Error, Duplicate, true, Check::Alone(ports_equal),
        "HTTP and HTTPS have the same node port", "HTTP 与 HTTPS 使用了相同的节点端口";
    PORT_MISMATCH = "port-mismatch", Error, Invalid, true, Check::Alone(port_mismatch),
        "a virtual cluster's port differs from its address", "虚拟集群的端口与其地址不一致";
    PORT_ALREADY_USED = "port-already-used", Error, Duplicate, true, Check::Fleet(port_already_used),
        "a node port is already used on the host cluster", "宿主集群上的节点端口已被占用";
}

pub(super) const OUT_OF_RANGE: &Message = message!("the port `{value}` is outside {first} to {last}", "端口 `{value}` 不在 {first} 到 {last} 范围内";
            "Kubernetes gives node ports from this range (`--service-node-port-range`).", "Kubernetes 的节点端口取自该范围（`--service-node-port-range`）。");
const EQUAL: &Message = message!("HTTP and HTTPS both have the node port `{value}`", "HTTP 和 HTTPS 都使用节点端口 `{value}`";
                    "Kubernetes gives a node port to one of them only.", "Kubernetes 只会把一个节点端口分配给其中之一。");

fn gateway(which: GatewayPort) -> Path {
    at(Slot::Gateway).key("additions").key(which.addition())
}

/// A port that is a number, and no node port.
pub(crate) fn out_of_range(value: &str, place: Place) -> Finding {
    Finding::new(&PORT_OUT_OF_RANGE, OUT_OF_RANGE, place)
        .found(value)
        .with("first", NODE_PORTS.start().to_string())
        .with("last", NODE_PORTS.end().to_string())
}

/// The gateway's ports are checked with the additions; here it is a virtual cluster's own.
fn port_out_of_range(subject: &Subject<'_>, findings: &mut Findings) {
    if let Some(port) = subject.request.vcluster.as_ref().and_then(|vcluster| vcluster.https_node_port.as_deref()) {
        let place = Place::value(Path::of("vcluster.https_node_port"));
        match port_number(port) {
            Some(number) if NODE_PORTS.contains(&number) => {}
            None if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) => findings.push(
                Finding::new(
                    &super::components::INVALID_ADDITION,
                    message!("`{value}` is no port", "`{value}` 不是端口"; "A node port is a number from 30000 to 32767, in quotes.", "节点端口是 30000 到 32767 之间的数字，需加引号。"),
                    place,
                )
                .found(port),
            ),
            _ => findings.push(out_of_range(port, place)),
        }
    }
    let spec = &subject.written.spec;
    if spec.cluster_type == Some(ClusterType::Virtual)
        && let Some(address) = subject.address()
        && !NODE_PORTS.contains(&address.port)
    {
        findings.push(out_of_range(&address.port.to_string(), Place::value(Path::of("spec.apiServer"))));
    }
}

fn ports_equal(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(component) = subject.cluster.spec.component(Slot::Gateway) else { return };
    let [http, https] = GatewayPort::ALL.map(|which| component.addition(which.addition()).and_then(port_number));
    if let (Some(http), Some(https)) = (http, https)
        && http == https
    {
        let written = |which: GatewayPort| {
            subject.written.spec.component(Slot::Gateway).is_some_and(|component| component.addition(which.addition()).is_some())
        };
        let which = if written(GatewayPort::Https) { GatewayPort::Https } else { GatewayPort::Http };
        let next = if NODE_PORTS.contains(&http.saturating_add(1)) { http.saturating_add(1) } else { *NODE_PORTS.start() };
        findings.push(
            Finding::new(&PORTS_EQUAL, EQUAL, Place::value(gateway(which))).found(http.to_string()).with("next", next.to_string()).fix(
                message!("use `{next}`", "改用 `{next}`"),
                Applicability::Unsafe,
                insert(gateway(which), &next.to_string()),
            ),
        );
    }
}

fn port_mismatch(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(port) = subject.request.vcluster.as_ref().and_then(|vcluster| vcluster.https_node_port.as_deref()) else { return };
    let Some(address) = subject.address() else { return };
    if subject.written.spec.cluster_type == Some(ClusterType::Virtual)
        && let Some(number) = port_number(port)
        && number != address.port
    {
        let path = Path::of("vcluster.https_node_port");
        if !address.has_port {
            let right = format!("https://{}:{number}", in_url(&address.host));
            findings.push(
                Finding::new(
                    &PORT_MISMATCH,
                    message!("the port is `{value}`, but the API server's address names none, which means `{port}`", "端口为 `{value}`，但 API server 地址没有写端口，即 `{port}`";
                        "A virtual cluster's API server is reached by this node port of its host cluster: both must be the same.", "虚拟集群的 API server 通过宿主集群的该节点端口访问：两者必须一致。"),
                    Place::value(path),
                )
                .found(port)
                .with("port", address.port.to_string())
                .with("address", right.clone())
                .fix(message!("use the address `{address}`", "改用地址 `{address}`"), Applicability::Unsafe, set(Path::of("spec.apiServer"), &right)),
            );
            return;
        }
        findings.push(
            Finding::new(
                &PORT_MISMATCH,
                message!("the port is `{value}`, but the API server's address says `{port}`", "端口为 `{value}`，但 API server 地址中是 `{port}`";
                    "A virtual cluster's API server is reached by this node port of its host cluster: both must be the same.", "虚拟集群的 API server 通过宿主集群的该节点端口访问：两者必须一致。"),
                Place::value(path.clone()),
            )
            .found(port)
            .with("port", address.port.to_string())
            .fix(message!("use `{port}`", "改用 `{port}`"), Applicability::Unsafe, set(path, &address.port.to_string())),
        );
    }
}

fn port_already_used(relation: &Relation<'_>, findings: &mut Findings) {
    if relation.deletion {
        return;
    }
    let record = relation.record;
    let identity = record.identity();
    if let (Some(host), Some((address, port))) = (record.host_identity(), record.address.as_ref()) {
        let found = relation.fleet.port_owners(&host, *port).find(|owner| !owner.record().is(record));
        if let Some(owner) = found {
            let mut finding = taken(*port, owner, Place::value(Path::of("spec.apiServer")));
            if let Some(free) = relation.fleet.free_port(&host, port.saturating_add(1), &[]) {
                let shown = in_url(address);
                let mut changes = set(Path::of("spec.apiServer"), &format!("https://{shown}:{free}"));
                changes.extend(set(Path::of("vcluster.https_node_port"), &free.to_string()));
                finding = finding.with("free", free.to_string()).fix(
                    message!("use the free port `{free}`", "使用空闲端口 `{free}`"),
                    Applicability::Unsafe,
                    changes,
                );
            }
            findings.push(finding);
        }
    }
    if record.usage == Some(Usage::Host) {
        for (which, port) in &record.gateway_ports {
            let found = relation.fleet.port_owners(&identity, *port).find(|owner| !owner.record().is(record));
            let Some(owner) = found else { continue };
            let own: Vec<u16> = record.gateway_ports.iter().map(|(_, port)| *port).collect();
            let mut finding = taken(*port, owner, Place::value(gateway(*which)));
            if let Some(free) = relation.fleet.free_port(&identity, port.saturating_add(1), &own) {
                finding = finding.with("free", free.to_string()).fix(
                    message!("use the free port `{free}`", "使用空闲端口 `{free}`"),
                    Applicability::Unsafe,
                    insert(gateway(*which), &free.to_string()),
                );
            }
            findings.push(finding);
        }
    }
}

fn taken(port: u16, owner: PortOwner<'_>, place: Place) -> Finding {
    let (message, path) = match owner {
        PortOwner::Gateway(_, which) => (
            message!("node port `{value}` is already used by the gateway of {other}", "节点端口 `{value}` 已被 {other} 的网关使用";
                "On one host cluster each node port can be used once.", "同一宿主集群上每个节点端口只能使用一次。"),
            gateway(which),
        ),
        PortOwner::ApiServer(_) => (
            message!("node port `{value}` is already used by the API server of {other}", "节点端口 `{value}` 已被 {other} 的 API server 使用";
                "On one host cluster each node port can be used once.", "同一宿主集群上每个节点端口只能使用一次。"),
            Path::of("spec.apiServer"),
        ),
    };
    Finding::new(&PORT_ALREADY_USED, message, place)
        .found(port.to_string())
        .with("other", owner.record().named())
        .relate(other(owner.record(), path))
}
