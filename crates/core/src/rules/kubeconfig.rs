//! The kubeconfig of a registration request. Nothing of it is ever repeated but names, hosts and times.

use super::structure::{MISSING_FIELD, remove};
use super::{Check, Subject, rules};
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, Severity, Within, message};
use crate::form::Form;
use crate::kubeconfig::{
    At, DecodeFault, Fault, FaultKind, File, Insecure, Invalid, KeyFault, Kubeconfig, Program, Role, UrlFault, WrongContext, decode,
};
use crate::model::{ClusterType, Usage};
use crate::prelude::*;
use crate::source::{self, Encoding, Format, Limits, LineIndex, TextRange};
use crate::text::{has, quoted_list};

rules! { "kubeconfig";
    INVALID_KUBECONFIG = "invalid-kubeconfig", Error, Invalid, false, Check::Reader,
        "the kubeconfig cannot be used", "kubeconfig 无法使用";
    KUBECONFIG_RUNS_PROGRAM = "kubeconfig-runs-program", Error, Forbidden, false, Check::Reader,
        "the kubeconfig runs a program", "kubeconfig 会运行程序";
    KUBECONFIG_READS_FILES = "kubeconfig-reads-files", Error, Forbidden, false, Check::Reader,
        "the kubeconfig reads files", "kubeconfig 引用了本地文件";
    KUBECONFIG_WRONG_CONTEXT = "kubeconfig-wrong-context", Error, Invalid, false, Check::Reader,
        "the kubeconfig does not say which context is meant", "kubeconfig 未指明使用哪个上下文";
    KUBECONFIG_SERVER_MISMATCH = "kubeconfig-server-mismatch", Warning, Invalid, false, Check::Reader,
        "the kubeconfig names another server", "kubeconfig 指向另一个服务器";
    KUBECONFIG_LOCAL_SERVER = "kubeconfig-local-server", Warning, Invalid, false, Check::Reader,
        "the kubeconfig's server means the machine that reads it", "kubeconfig 的服务器指向本机";
    KUBECONFIG_EXPIRED = "kubeconfig-expired", Warning, Invalid, false, Check::Reader,
        "a certificate in the kubeconfig is not valid at this time", "kubeconfig 中的证书不在有效期内";
    KUBECONFIG_INSECURE = "kubeconfig-insecure", Warning, Invalid, false, Check::Reader,
        "the kubeconfig does not protect the connection", "kubeconfig 没有保护连接";
    KUBECONFIG_NOT_NEEDED = "kubeconfig-not-needed", Warning, Forbidden, true, Check::Reader,
        "a kubeconfig is given that is not used", "给出了不需要的 kubeconfig";
}

fn path() -> Path {
    Path::of("kubeconfig")
}

/// Judges the kubeconfig of a request or property file.
pub(crate) fn check(subject: &Subject<'_>, now: i64, findings: &mut Findings) {
    if subject.document.form == Form::Resource {
        return;
    }
    let cluster_type = subject.written.spec.cluster_type;
    let Some(text) = subject.request.kubeconfig.as_deref() else {
        if cluster_type == Some(ClusterType::Physical) {
            findings.push(
                Finding::new(
                    &MISSING_FIELD,
                    message!("the field `{field}` is missing", "缺少字段 `{field}`";
                        "A physical cluster needs the kubeconfig by which it is reached, in Base64.", "物理集群需要用于访问它的 kubeconfig，以 Base64 编码。"),
                    Place::value(path()),
                )
                .with("field", "kubeconfig"),
            );
        }
        return;
    };
    // A host cluster is physical and needs one: there it is the type that is wrong.
    if cluster_type == Some(ClusterType::Virtual) && subject.written.spec.usage != Some(Usage::Host) {
        findings.push(
            Finding::new(
                &KUBECONFIG_NOT_NEEDED,
                message!("a virtual cluster needs no kubeconfig", "虚拟集群不需要 kubeconfig";
                    "Its host cluster makes one. Remove it, so that a credential less is sent around.", "宿主集群会生成。请删除，以减少凭据的传播。"),
                Place::key(path()),
            )
            .fix(message!("remove it", "删除"), Applicability::Safe, remove(path())),
        );
        return;
    }
    // A variable in its place is told as such.
    if super::syntax::variable(text) == Some(text) {
        return;
    }
    match decode(text) {
        Err(fault) => findings.push(Finding::new(&INVALID_KUBECONFIG, decode_message(fault), Place::value(path()))),
        Ok(decoded) => read(subject, &decoded.text, now, findings),
    }
}

fn read(subject: &Subject<'_>, text: &str, now: i64, findings: &mut Findings) {
    let format = Format::of(None, text);
    let lines = LineIndex::new(text);
    let within = |path: &Path, range: TextRange| {
        let position = lines.position(text, range.start, Encoding::CodePoints);
        Within { path: path.clone(), line: position.line.saturating_add(1), column: position.column.saturating_add(1) }
    };
    let Some(parsed) = source::read(text, format, &Limits::default()).into_iter().next() else { return };
    if let Some(fault) =
        parsed.faults.iter().find(|fault| matches!(fault.kind, source::FaultKind::Syntax(_) | source::FaultKind::MissingComma))
    {
        let mut finding = Finding::new(
            &INVALID_KUBECONFIG,
            message!("the kubeconfig is no YAML at its line {line}", "kubeconfig 第 {line} 行不是有效的 YAML";
                "Take it over again from the cluster: part of it was lost or changed.", "请从集群重新获取：内容可能丢失或被改动。"),
            Place::value(path()),
        );
        let at = within(&Path::root(), fault.range);
        finding = finding.with("line", at.line.to_string());
        finding.within = Some(at);
        findings.push(finding);
        return;
    }
    let (kubeconfig, faults) = Kubeconfig::read(&parsed.root);
    for fault in faults.iter().filter(|fault| is_told(fault)) {
        let mut finding = told(fault);
        finding.within = Some(within(&fault.path, fault.range));
        findings.push(finding);
    }
    let mut push = |finding: Finding, at: &At| {
        findings.push(Finding { within: Some(within(&at.path, at.range)), ..finding });
    };
    server(subject, &kubeconfig, &mut push);
    certificates(&kubeconfig, now, &mut push);
}

/// What only concerns a context that is not in use does no harm, save that programs and files are
/// never let in, and that some faults make the whole file unreadable.
fn is_told(fault: &Fault) -> bool {
    fault.selected
        || matches!(
            fault.kind,
            FaultKind::RunsProgram(_)
                | FaultKind::ReadsFile { .. }
                | FaultKind::WrongContext(_)
                | FaultKind::Invalid(Invalid::WrongType(_) | Invalid::SameName | Invalid::NoEntries(_))
        )
}

fn server(subject: &Subject<'_>, kubeconfig: &Kubeconfig, push: &mut dyn FnMut(Finding, &At)) {
    let Some(server) = &kubeconfig.server else { return };
    if server.is_local() {
        push(
            Finding::new(
                &KUBECONFIG_LOCAL_SERVER,
                message!("the kubeconfig's server `{host}` means whatever machine reads it", "kubeconfig 的服务器 `{host}` 指向读取它的机器本身";
                    "Nautes puts the API server's address in its place.", "Nautes 会用 API server 地址替换它。"),
                Place::value(path()),
            )
            .with("host", server.host.as_str()),
            &server.at,
        );
        return;
    }
    let Some(address) = subject.address() else { return };
    if (server.host.as_str(), server.port) != (address.host.as_str(), address.port) {
        push(
            Finding::new(
                &KUBECONFIG_SERVER_MISMATCH,
                message!("the kubeconfig's server is `{server}`, not `{expected}`", "kubeconfig 的服务器是 `{server}`，而不是 `{expected}`";
                    "Nautes puts the API server's address in its place. Make sure that the credentials are this cluster's.", "Nautes 会用 API server 地址替换它。请确认凭据属于该集群。"),
                Place::value(path()),
            )
            .with("server", host_port(&server.host, server.port))
            .with("expected", host_port(&address.host, address.port)),
            &server.at,
        );
    }
}

fn host_port(host: &str, port: u16) -> String {
    if has(host, b':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn certificates(kubeconfig: &Kubeconfig, now: i64, push: &mut dyn FnMut(Finding, &At)) {
    for certificate in &kubeconfig.certificates {
        // The chain behind a client certificate may hold old ones.
        if certificate.role == Role::ClientChain {
            continue;
        }
        let (time, message) = if now > certificate.not_after {
            let message = match certificate.role {
                Role::Authority => {
                    message!("the certificate authority in the kubeconfig ended on {date}", "kubeconfig 中的 CA 证书已于 {date} 到期";
                    "The API server can no longer be verified with it. Take the kubeconfig over again from the cluster.", "无法再用它验证 API server。请从集群重新获取 kubeconfig。")
                }
                _ => message!("the client certificate in the kubeconfig ended on {date}", "kubeconfig 中的客户端证书已于 {date} 到期";
                    "The cluster will refuse it. Take the kubeconfig over again from the cluster.", "集群会拒绝它。请从集群重新获取 kubeconfig。"),
            };
            (certificate.not_after, message)
        } else if now < certificate.not_before {
            (
                certificate.not_before,
                message!("a certificate in the kubeconfig begins on {date}", "kubeconfig 中的证书自 {date} 起才生效";
                    "Until then it is refused.", "在此之前会被拒绝。"),
            )
        } else {
            continue;
        };
        push(Finding::new(&KUBECONFIG_EXPIRED, message, Place::value(path())).with("date", date(time)), &certificate.at);
    }
}

/// The day of a time in seconds since 1970, in UTC: `2024-06-06`
/// (the civil calendar; Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400).saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let leap = day_of_era.div_euclid(1_460).saturating_sub(day_of_era.div_euclid(36_524)).saturating_add(day_of_era.div_euclid(146_096));
    let year_of_era = day_of_era.saturating_sub(leap).div_euclid(365);
    let before = year_of_era.saturating_mul(365).saturating_add(year_of_era.div_euclid(4)).saturating_sub(year_of_era.div_euclid(100));
    let day_of_year = day_of_era.saturating_sub(before);
    let shifted = day_of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let day = day_of_year.saturating_sub(shifted.saturating_mul(153).saturating_add(2).div_euclid(5)).saturating_add(1);
    let month = if shifted < 10 { shifted.saturating_add(3) } else { shifted.saturating_sub(9) };
    let year = era.saturating_mul(400).saturating_add(year_of_era).saturating_add(i64::from(month <= 2));
    format!("{year:04}-{month:02}-{day:02}")
}

fn told(fault: &Fault) -> Finding {
    let at = Place::value(path());
    let owner = fault.owner.as_ref().map(|owner| owner.name.clone()).unwrap_or_default();
    let field = fault.path.to_string();
    match &fault.kind {
        FaultKind::RunsProgram(program) => Finding::new(
            &KUBECONFIG_RUNS_PROGRAM,
            match program {
                Program::Exec => message!("the user `{owner}` of the kubeconfig gets its credential from a program (`exec`)", "kubeconfig 的用户 `{owner}` 通过程序（`exec`）获取凭据";
                    "Whoever uses this kubeconfig would run that program. Use a client certificate or a token.", "使用该 kubeconfig 的一方会运行该程序。请改用客户端证书或令牌。"),
                Program::AuthProvider => message!("the user `{owner}` of the kubeconfig gets its credential from an `auth-provider`", "kubeconfig 的用户 `{owner}` 通过 `auth-provider` 获取凭据";
                    "It may run a program, and Kubernetes no longer supports it. Use a client certificate or a token.", "它可能运行程序，且 Kubernetes 已不再支持。请改用客户端证书或令牌。"),
            },
            at,
        )
        .with("owner", owner),
        FaultKind::ReadsFile { file, .. } => Finding::new(
            &KUBECONFIG_READS_FILES,
            message!("`{file}` of the kubeconfig names a file, which only exists on the machine that wrote it", "kubeconfig 的 `{file}` 指向文件，而该文件只存在于生成它的机器上";
                "Put the content in as data: `kubectl config view --raw --flatten` does it.", "请将内容内联：可使用 `kubectl config view --raw --flatten`。"),
            at,
        )
        .with("file", match file {
            File::CertificateAuthority => "certificate-authority",
            File::ClientCertificate => "client-certificate",
            File::ClientKey => "client-key",
            File::Token => "tokenFile",
        }),
        FaultKind::WrongContext(WrongContext::Missing { candidates }) => Finding::new(
            &KUBECONFIG_WRONG_CONTEXT,
            message!("the kubeconfig has no `current-context`", "kubeconfig 没有 `current-context`";
                "Set it to one of {candidates}: without it no server is found.", "请设为 {candidates} 之一：否则找不到服务器。"),
            at,
        )
        .with_list("candidates", quoted_list(candidates)),
        FaultKind::WrongContext(WrongContext::Unknown { name, candidates }) => Finding::new(
            &KUBECONFIG_WRONG_CONTEXT,
            message!("the kubeconfig has no context `{name}`, which its `current-context` names", "kubeconfig 的 `current-context` 指向不存在的上下文 `{name}`";
                "Set it to one of {candidates}.", "请设为 {candidates} 之一。"),
            at,
        )
        .with("name", name.as_str())
        .with_list("candidates", quoted_list(candidates)),
        FaultKind::Insecure(insecure) => Finding::new(
            &KUBECONFIG_INSECURE,
            match insecure {
                Insecure::SkipTlsVerify => message!("the kubeconfig says not to verify the API server", "kubeconfig 设置了不验证 API server";
                    "Anyone on the way can then read the credential. Put in `certificate-authority-data` instead.", "途中任何人都能读取凭据。请改用 `certificate-authority-data`。"),
                Insecure::PlainHttp => message!("the kubeconfig's server is plain `http`", "kubeconfig 的服务器使用明文 `http`";
                    "Use the `https` address.", "请使用 `https` 地址。"),
                Insecure::SystemRoots => message!("the kubeconfig names no certificate authority", "kubeconfig 没有指定 CA";
                    "Only a public authority could then vouch for the API server. Put in `certificate-authority-data`.", "只有公共 CA 才能验证 API server。请填写 `certificate-authority-data`。"),
            },
            at,
        ),
        FaultKind::Invalid(invalid) => {
            let finding = Finding::new(&INVALID_KUBECONFIG, invalid_message(invalid), at).with("owner", owner).with("field", field);
            match invalid {
                Invalid::NoEntries(section) | Invalid::NoReference(section) => finding.with("list", section.list()).with("item", section.item()),
                Invalid::UnknownReference { section, name } => finding.with("item", section.item()).with("name", name.as_str()),
                // Which certificate the server shows is not known here.
                Invalid::NotAuthority => finding.weigh(Severity::Warning),
                _ => finding,
            }
        }
    }
}

fn decode_message(fault: DecodeFault) -> &'static Message {
    match fault {
        DecodeFault::Empty => {
            message!("the kubeconfig is empty", "kubeconfig 为空"; "Put in the cluster's kubeconfig, in Base64.", "请填写集群的 kubeconfig，以 Base64 编码。")
        }
        DecodeFault::TooLarge => {
            message!("the kubeconfig is longer than 1 MiB", "kubeconfig 超过 1 MiB"; "Put in one cluster's kubeconfig only.", "请只填写一个集群的 kubeconfig。")
        }
        DecodeFault::NotBase64 { .. } => {
            message!("the kubeconfig is neither Base64 nor YAML", "kubeconfig 既不是 Base64 也不是 YAML"; "`base64 -w0 FILE` encodes it.", "可使用 `base64 -w0 文件` 编码。")
        }
        DecodeFault::Truncated => {
            message!("the kubeconfig's Base64 is cut off", "kubeconfig 的 Base64 不完整"; "Its end is missing: copy it again.", "缺少结尾部分：请重新复制。")
        }
        DecodeFault::EncodedTwice => {
            message!("the kubeconfig is encoded twice", "kubeconfig 被编码了两次"; "Encode it in Base64 once.", "请只进行一次 Base64 编码。")
        }
        DecodeFault::Utf16 => {
            message!("the kubeconfig is UTF-16 inside its Base64", "kubeconfig 的 Base64 内容是 UTF-16"; "Save it as UTF-8 before encoding it.", "请先保存为 UTF-8 再编码。")
        }
        DecodeFault::NotUtf8 => {
            message!("the kubeconfig's Base64 holds no text", "kubeconfig 的 Base64 内容不是文本"; "Encode the kubeconfig file itself: `base64 -w0 FILE`.", "请直接编码 kubeconfig 文件：`base64 -w0 文件`。")
        }
    }
}

fn invalid_message(invalid: &Invalid) -> &'static Message {
    match invalid {
        Invalid::NotAMap => {
            message!("the kubeconfig is no map", "kubeconfig 不是映射"; "It should hold `clusters`, `users` and `contexts`.", "应包含 `clusters`、`users` 和 `contexts`。")
        }
        Invalid::WrongVersion => message!("the kubeconfig's `apiVersion` is not `v1`", "kubeconfig 的 `apiVersion` 不是 `v1`"),
        Invalid::WrongKind => message!("the kubeconfig's `kind` is not `Config`", "kubeconfig 的 `kind` 不是 `Config`"),
        Invalid::WrongType(_) => message!("`{field}` of the kubeconfig has the wrong type", "kubeconfig 的 `{field}` 类型错误"),
        Invalid::NoEntries(_) => message!("the kubeconfig has no `{list}`", "kubeconfig 没有 `{list}`"),
        Invalid::SameName => message!(
            "the kubeconfig has two entries of the name `{owner}` in one list",
            "kubeconfig 的同一列表中有两个名为 `{owner}` 的条目"
        ),
        Invalid::NoReference(_) => {
            message!("the context `{owner}` of the kubeconfig names no {item}", "kubeconfig 的上下文 `{owner}` 没有指定 {item}")
        }
        Invalid::UnknownReference { .. } => {
            message!("the kubeconfig has no {item} `{name}`, which its context names", "kubeconfig 没有上下文所指的 {item} `{name}`")
        }
        Invalid::NoServer => message!("the cluster `{owner}` of the kubeconfig has no server", "kubeconfig 的集群 `{owner}` 没有服务器"),
        Invalid::Server(UrlFault::Credentials) | Invalid::Proxy(UrlFault::Credentials) => {
            message!("`{field}` of the kubeconfig holds a user name or password", "kubeconfig 的 `{field}` 含有用户名或密码")
        }
        Invalid::Server(_) | Invalid::Proxy(_) => {
            message!("`{field}` of the kubeconfig is no usable address", "kubeconfig 的 `{field}` 不是可用的地址")
        }
        Invalid::AuthorityUnchecked => {
            message!("the kubeconfig names a certificate authority and says not to verify with it", "kubeconfig 指定了 CA 却又设置不验证"; "Remove `insecure-skip-tls-verify`.", "请删除 `insecure-skip-tls-verify`。")
        }
        Invalid::Base64 { .. } => message!("`{field}` of the kubeconfig is no Base64", "kubeconfig 的 `{field}` 不是 Base64"),
        Invalid::Pem => message!("`{field}` of the kubeconfig holds a broken PEM block", "kubeconfig 的 `{field}` 含有损坏的 PEM 块"),
        Invalid::NoCertificate => message!("`{field}` of the kubeconfig holds no certificate", "kubeconfig 的 `{field}` 不含证书"),
        Invalid::Certificate { .. } => {
            message!("`{field}` of the kubeconfig holds a certificate that cannot be read", "kubeconfig 的 `{field}` 含有无法读取的证书")
        }
        Invalid::NotAuthority => {
            message!("`{field}` of the kubeconfig is no certificate authority", "kubeconfig 的 `{field}` 不是 CA 证书";
                "It vouches only for a server that shows this very certificate. Put in the authority that signed the server's.", "它只能验证出示该证书本身的服务器。请填写签发服务器证书的 CA。")
        }
        Invalid::Key(KeyFault::Missing) => message!("`{field}` of the kubeconfig holds no private key", "kubeconfig 的 `{field}` 不含私钥"),
        Invalid::Key(KeyFault::Encrypted) => {
            message!("the private key in the kubeconfig is encrypted", "kubeconfig 中的私钥已加密"; "Nobody could be asked for its password.", "无法向任何人询问密码。")
        }
        Invalid::Key(_) => message!("the private key in the kubeconfig cannot be used", "kubeconfig 中的私钥无法使用"),
        Invalid::OtherKey => {
            message!("the private key in the kubeconfig belongs to another certificate", "kubeconfig 中的私钥与证书不匹配"; "Take both over again from the cluster.", "请从集群重新获取两者。")
        }
        Invalid::NoKey => message!("the client certificate in the kubeconfig lacks its key", "kubeconfig 中的客户端证书缺少私钥"),
        Invalid::KeyAlone => message!("the private key in the kubeconfig lacks its certificate", "kubeconfig 中的私钥缺少证书"),
        Invalid::NoCredential => {
            message!("the user `{owner}` of the kubeconfig has no credential", "kubeconfig 的用户 `{owner}` 没有凭据"; "Put in a client certificate and key, or a token.", "请填写客户端证书和私钥，或令牌。")
        }
        Invalid::TwoCredentials => {
            message!("the user `{owner}` of the kubeconfig has a token and a password", "kubeconfig 的用户 `{owner}` 同时有令牌和密码"; "Only one of them can be sent.", "只能发送其中一个。")
        }
        Invalid::Token => {
            message!("the token in the kubeconfig holds a character that cannot be sent", "kubeconfig 中的令牌含有无法发送的字符")
        }
        Invalid::ActsAsNobody => {
            message!("the user `{owner}` of the kubeconfig acts with groups of nobody", "kubeconfig 的用户 `{owner}` 未指定要模拟的用户")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(1_717_712_474), "2024-06-06");
        assert_eq!(date(-1), "1969-12-31");
    }
}
