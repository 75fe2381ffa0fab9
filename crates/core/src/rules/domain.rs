//! The primary domain and the hosts of components.

use super::components;
use super::connection::other;
use super::structure::{MISSING_FIELD, insert, set};
use super::{Check, Relation, Subject, rules};
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, message};
use crate::form::Form;
use crate::model::Slot;
use crate::net::{is_host_name, wildcard_dns_ip};
use crate::prelude::*;
use crate::text::replaced;
use core::net::{IpAddr, Ipv4Addr};

rules! { "domain";
    INVALID_DOMAIN = "invalid-domain", Error, Invalid, true, Check::Alone(invalid_domain),
        "the primary domain is no DNS name", "主域名不是有效的 DNS 名称";
    DOMAIN_IP_MISMATCH = "domain-ip-mismatch", Warning, Invalid, true, Check::Alone(domain_ip_mismatch),
        "the IP address in the primary domain is not the API server's", "主域名中的 IP 与 API server 不一致";
    DOMAIN_ALREADY_USED = "domain-already-used", Error, Duplicate, true, Check::Fleet(domain_already_used),
        "a component's host is already used by another", "组件的 host 已被占用";
}

pub(super) const NO_DEFAULT: &Message = message!("the field `{field}` is missing, and an IPv6 address gives no default", "缺少字段 `{field}`，且 IPv6 地址没有默认域名";
                        "Name the domain below which the components' hosts lie.", "请填写组件 host 所在的域名。");
pub(super) const IS_ADDRESS: &Message = message!("`{value}` is an IP address, no DNS name", "`{value}` 是 IP 地址，不是 DNS 名称";
            "Components get hosts below this name. `<ip>.nip.io` is a name for an IPv4 address.", "组件的 host 位于此域名之下。IPv4 地址可使用 `<ip>.nip.io`。");
pub(super) const NO_DNS_NAME: &Message = message!("`{value}` is no DNS name", "`{value}` 不是 DNS 名称";
            "A DNS name is made of labels of lower-case letters, digits and `-` with dots between, at most 253 characters; the last label is no number.", "DNS 名称由小写字母、数字和 `-` 组成的标签以点连接，最长 253 个字符，且最后一个标签不能是数字。");

fn path() -> Path {
    Path::of("spec.primaryDomain")
}

fn invalid_domain(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(text) = subject.written.spec.primary_domain.as_deref() else {
        let has_address = subject.address().is_some();
        if subject.cluster.spec.primary_domain.is_none() && has_address {
            findings.push(
                Finding::new(&MISSING_FIELD, NO_DEFAULT, Place::value(path()))
                    .with("field", if subject.document.form == Form::Request { "primary_domain" } else { "primaryDomain" }),
            );
        }
        return;
    };
    let ip = text.parse::<IpAddr>().ok();
    // What is no text is told as such.
    let is_text = || subject.document.find(&path(), None).is_some_and(|at| at.node().as_str().is_some());
    if ip.is_none() && is_host_name(text) || !is_text() {
        return;
    }
    let message = if ip.is_some() { IS_ADDRESS } else { NO_DNS_NAME };
    let mut finding = Finding::new(&INVALID_DOMAIN, message, Place::value(path())).found(text);
    let mended = match ip {
        Some(IpAddr::V4(ip)) => Some(format!("{ip}.nip.io")),
        Some(IpAddr::V6(_)) => None,
        None => Some(text.trim().trim_end_matches('.').to_ascii_lowercase()),
    };
    if let Some(mended) = mended.filter(|mended| is_host_name(mended)) {
        finding = finding.with("mended", mended.clone()).fix(
            message!("use `{mended}`", "改用 `{mended}`"),
            Applicability::Unsafe,
            set(path(), &mended),
        );
    }
    findings.push(finding);
}

fn domain_ip_mismatch(subject: &Subject<'_>, findings: &mut Findings) {
    let spec = &subject.written.spec;
    let Some(domain) = spec.primary_domain.as_deref() else { return };
    let (Some(ip), Some(address)) = (wildcard_dns_ip(domain), subject.address()) else { return };
    let Some(IpAddr::V4(server_ip)) = address.ip else { return };
    if ip != server_ip {
        let dashed = |ip: Ipv4Addr| ip.to_string().replace('.', "-");
        let mended = replaced(&replaced(domain, &ip.to_string(), &server_ip.to_string()), &dashed(ip), &dashed(server_ip));
        findings.push(
            Finding::new(
                &DOMAIN_IP_MISMATCH,
                message!("the domain leads to `{ip}`, but the API server is on `{server}`", "该域名指向 `{ip}`，但 API server 位于 `{server}`";
                    "Components would be looked for on another machine. Take no notice if `{ip}` is a load balancer in front of the cluster.", "组件会被解析到另一台机器上。如果 `{ip}` 是集群前的负载均衡器，可忽略。"),
                Place::value(path()),
            )
            .found(domain)
            .with("ip", ip.to_string())
            .with("server", server_ip.to_string())
            .with("mended", mended.clone())
            .fix(message!("use `{mended}`", "改用 `{mended}`"), Applicability::Unsafe, set(path(), &mended)),
        );
    }
}

fn domain_already_used(relation: &Relation<'_>, findings: &mut Findings) {
    if relation.deletion {
        return;
    }
    let record = relation.record;
    for (slot, host) in &record.component_hosts {
        let here = record.component_hosts.iter().find(|(other, same)| other != slot && same == host);
        let there = relation.fleet.with_component_host(host).find(|(other, _)| !other.is(record));
        let at = |slot: Slot| components::at(slot).key("additions").key("host");
        let mut finding = if let Some((other_record, other_slot)) = there {
            Finding::new(
                &DOMAIN_ALREADY_USED,
                message!("`{value}` is already the host of `{slot}` in {other}", "`{value}` 已被 {other} 的 `{slot}` 使用";
                    "Each component needs a host of its own; only the primary domain may be shared.", "每个组件需要自己的 host；只有主域名可以共用。"),
                Place::value(at(*slot)),
            )
            .with("other", other_record.named())
            .with("slot", other_slot.word())
            .relate(other(other_record, at(other_slot)))
        } else if let Some((other_slot, _)) = here {
            Finding::new(
                &DOMAIN_ALREADY_USED,
                message!("`{value}` is also the host of `{slot}` in this cluster", "`{value}` 也是本集群 `{slot}` 的 host";
                    "Each component needs a host of its own; only the primary domain may be shared.", "每个组件需要自己的 host；只有主域名可以共用。"),
                Place::value(at(*slot)),
            )
            .with("slot", other_slot.word())
        } else {
            continue;
        }
        .found(host.as_str());
        if let Some(free) = relation.fleet.free_component_host(host).filter(|free| free != host) {
            finding = finding.with("free", free.clone()).fix(
                message!("use the free host `{free}`", "使用空闲的 host `{free}`"),
                Applicability::Unsafe,
                insert(at(*slot), &free),
            );
        }
        findings.push(finding);
    }
}
