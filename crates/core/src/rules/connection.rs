//! The address of the API server.

use super::structure::set;
use super::{Check, Relation, Rule, Subject, rules};
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, Related, Severity, message};
use crate::fleet::Record;
use crate::model::{ClusterType, Usage};
use crate::net::{Address, AddressFault, in_url};
use crate::prelude::*;
use crate::text::{split_at_piece, without_credentials};

rules! { "connection";
    INVALID_API_SERVER = "invalid-api-server", Error, Invalid, true, Check::Alone(invalid_api_server),
        "the API server's address is not valid", "API server 地址无效";
    LOCAL_API_SERVER = "local-api-server", Warning, Invalid, false, Check::Alone(local_api_server),
        "the API server's address means the machine that reads it", "API server 地址指向本机";
    API_SERVER_NOT_ON_HOST = "api-server-not-on-host", Error, Invalid, true, Check::Fleet(api_server_not_on_host),
        "a virtual cluster's address is not its host cluster's", "虚拟集群的地址不是其宿主集群的地址";
    DUPLICATE_API_SERVER = "duplicate-api-server", Warning, Duplicate, false, Check::Fleet(duplicate_api_server),
        "one API server is registered more than once", "同一个 API server 被重复注册";
}

fn path() -> Path {
    Path::of("spec.apiServer")
}

fn invalid_api_server(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(text) = subject.written.spec.api_server.as_deref() else { return };
    let Some(Err(fault)) = subject.address else { return };
    let message = match fault {
        AddressFault::Empty => message!("the address is empty", "地址为空"; "Write `https://host:port`.", "请填写 `https://主机:端口`。"),
        AddressFault::Space => {
            message!("`{value}` holds a space or a line end", "`{value}` 含有空格或换行"; "Write `https://host:port` and nothing else.", "请只填写 `https://主机:端口`。")
        }
        AddressFault::NoScheme => {
            message!("`{value}` does not begin with `https://`", "`{value}` 没有以 `https://` 开头"; "Write `https://host:port`.", "请填写 `https://主机:端口`。")
        }
        AddressFault::Scheme => {
            message!("`{value}` is no `https` address", "`{value}` 不是 `https` 地址"; "A Kubernetes API server is reached by `https://host:port`.", "Kubernetes API server 通过 `https://主机:端口` 访问。")
        }
        AddressFault::Credentials => {
            message!("`{value}` holds a user name or password", "`{value}` 含有用户名或密码"; "The address is stored in Git for all to read: credentials belong in the kubeconfig.", "地址会写入 Git，所有人可见：凭据应放在 kubeconfig 中。")
        }
        AddressFault::NoHost => {
            message!("`{value}` names no host", "`{value}` 没有主机名"; "Write `https://host:port`.", "请填写 `https://主机:端口`。")
        }
        AddressFault::Host => {
            message!("the host in `{value}` is neither an IP address nor a DNS name", "`{value}` 中的主机既不是 IP 地址也不是 DNS 名称"; "An IPv6 address stands in brackets: `https://[fd00::1]:6443`.", "IPv6 地址需加方括号：`https://[fd00::1]:6443`。")
        }
        AddressFault::Port => {
            message!("the port in `{value}` is not valid", "`{value}` 中的端口无效"; "A port is a number from 1 to 65535.", "端口应为 1 到 65535 之间的数字。")
        }
        AddressFault::Path => {
            message!("`{value}` holds more than host and port", "`{value}` 含有主机和端口以外的内容"; "Write `https://host:port`, without a path.", "请填写 `https://主机:端口`，不带路径。")
        }
    };
    let mut finding = Finding::new(&INVALID_API_SERVER, message, Place::value(path())).found(without_credentials(text));
    if let Some(mended) = mended(text, fault) {
        // Once it can be read it is compared with others and more may be told: a person should look.
        finding = finding.with("mended", mended.clone()).fix(
            message!("use `{mended}`", "改用 `{mended}`"),
            Applicability::Unsafe,
            set(path(), &mended),
        );
    }
    findings.push(finding);
}

/// The address that was most likely meant.
fn mended(text: &str, fault: AddressFault) -> Option<String> {
    let text = text.trim();
    let candidate = match fault {
        AddressFault::NoScheme => format!("https://{text}"),
        AddressFault::Scheme => format!("https://{}", split_at_piece(text, "://")?.1),
        AddressFault::Credentials => {
            let (scheme, rest) = split_at_piece(text, "://")?;
            format!("{scheme}://{}", rest.rsplit_once('@')?.1)
        }
        AddressFault::Space => text.to_owned(),
        AddressFault::Path => {
            let (scheme, rest) = split_at_piece(text, "://")?;
            format!("{scheme}://{}", rest.split(['/', '?', '#']).next()?)
        }
        _ => return None,
    };
    Address::parse(&candidate).ok().map(|_| candidate)
}

fn local_api_server(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(text) = subject.written.spec.api_server.as_deref() else { return };
    if subject.address().is_some_and(Address::is_local) {
        findings.push(
            Finding::new(
                &LOCAL_API_SERVER,
                message!("`{value}` means whatever machine reads it", "`{value}` 指向读取它的机器本身";
                    "The management cluster would look for the API server in its own pods. Use an address that it can reach.", "管理集群会在自己的 Pod 中寻找该 API server。请使用管理集群可访问的地址。"),
                Place::value(path()),
            )
            .found(text),
        );
    }
}

fn api_server_not_on_host(relation: &Relation<'_>, findings: &mut Findings) {
    if relation.deletion {
        return;
    }
    let record = relation.record;
    let Some((address, port)) = record.address.as_ref() else { return };
    if record.usage == Some(Usage::Host) {
        let identity = record.identity();
        let is_elsewhere = |hosted: &&Record| hosted.address.as_ref().is_some_and(|(other, _)| other != address);
        let mut hosted = relation.fleet.hosted_by(&identity).filter(is_elsewhere);
        let message = message!("a virtual cluster on it, {other}, has another address", "其上的虚拟集群 {other} 使用其他地址";
            "It is reached by a node port of this cluster. Give it this address, too.", "该集群通过本集群的节点端口访问。请一并修改其地址。");
        // One of them must come first: refused, neither could.
        findings.extend(clash(&API_SERVER_NOT_ON_HOST, message, record, &mut hosted).map(|finding| finding.weigh(Severity::Warning)));
    }
    let Some(host) = record.host_identity() else { return };
    for host in relation.fleet.find(&host).filter(|host| host.usage == Some(Usage::Host)) {
        let Some((host_address, _)) = host.address.as_ref().filter(|(host_address, _)| host_address != address) else { continue };
        let mended = format!("https://{}:{port}", in_url(host_address));
        findings.push(
            Finding::new(
                &API_SERVER_NOT_ON_HOST,
                message!("the address is on `{address}`, but its host cluster {host} is on `{expected}`", "地址位于 `{address}`，但其宿主集群 {host} 位于 `{expected}`";
                    "A virtual cluster is reached by a node port of its host cluster.", "虚拟集群通过宿主集群的节点端口访问。"),
                Place::value(path()),
            )
            .with("address", address.as_str())
            .with("host", host.named())
            .with("expected", host_address.as_str())
            .found(format!("https://{address}:{port}"))
            .relate(other(host, path()))
            .with("mended", mended.clone())
            .fix(message!("use `{mended}`", "改用 `{mended}`"), Applicability::Unsafe, set(path(), &mended)),
        );
    }
}

fn duplicate_api_server(relation: &Relation<'_>, findings: &mut Findings) {
    let record = relation.record;
    let Some(address) = record.address.as_ref().filter(|_| record.cluster_type == Some(ClusterType::Physical) && !relation.deletion) else {
        return;
    };
    let mut others = relation.fleet.with_address(address).filter(|other| !other.is(record));
    let message = message!("this API server is already registered as {other}", "该 API server 已注册为 {other}";
        "Two registrations of one cluster install two sets of components into it.", "同一集群注册两次会安装两套组件。");
    findings.extend(clash(&DUPLICATE_API_SERVER, message, record, &mut others));
}

/// What is said of a cluster's address because of those of others: of the first, and at all of them.
fn clash(rule: &'static Rule, message: &'static Message, record: &Record, others: &mut dyn Iterator<Item = &Record>) -> Option<Finding> {
    let mut others = others.take(MOST_RELATED).peekable();
    let finding = Finding::new(rule, message, Place::value(path()))
        .with("other", others.peek()?.named())
        .found(record.api_server().unwrap_or_default());
    Some(others.fold(finding, |finding, other| finding.relate(self::other(other, path()))))
}

/// How many other parties one finding names.
const MOST_RELATED: usize = 10;

/// Another cluster as a party to a finding.
pub(crate) fn other(record: &Record, path: Path) -> Related {
    Related {
        message: message!("here is {name}", "{name} 在此处"),
        args: vec![crate::finding::Arg { name: "name", value: record.named(), cut: true }],
        identity: Some(record.identity()),
        file: record.file.clone(),
        place: Place::value(path),
        here: false,
    }
}
