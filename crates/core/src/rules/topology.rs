//! What a host, a worker, a physical and a virtual cluster are to each other.

use super::structure::{insert, remove, set};
use super::{Check, Subject, rules};
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, message};
use crate::model::{ClusterType, Usage, WorkerType};

rules! { "topology";
    HOST_WITH_WORKER_TYPE = "host-with-worker-type", Error, Forbidden, true, Check::Alone(host_with_worker_type),
        "a host cluster has a worker type", "宿主集群设置了 worker 类型";
    WORKER_WITHOUT_TYPE = "worker-without-type", Error, Required, true, Check::Alone(worker_without_type),
        "a worker has no worker type", "worker 集群缺少 worker 类型";
    VIRTUAL_WITHOUT_HOST = "virtual-without-host", Error, Required, false, Check::Alone(virtual_without_host),
        "a virtual cluster names no host cluster", "虚拟集群未指定宿主集群";
    PHYSICAL_WITH_HOST = "physical-with-host", Error, Forbidden, true, Check::Alone(physical_with_host),
        "a physical cluster names a host cluster", "物理集群指定了宿主集群";
    PHYSICAL_WITH_VCLUSTER = "physical-with-vcluster", Warning, Forbidden, true, Check::Alone(physical_with_vcluster),
        "a physical cluster has settings of a virtual one", "物理集群含有虚拟集群的设置";
    VIRTUAL_HOST = "virtual-host", Error, Invalid, true, Check::Alone(virtual_host),
        "a host cluster is virtual", "宿主集群是虚拟集群";
}

pub(super) const HOST_HAS_TYPE: &Message = message!("a host cluster has no worker type, but `{value}` is given", "宿主集群没有 worker 类型，但给出了 `{value}`";
                    "A host cluster only carries virtual clusters; what they run is said at each of them.", "宿主集群只承载虚拟集群；worker 类型在各虚拟集群上指定。");
pub(super) const WORKER_NEEDS_TYPE: &Message = message!("a worker needs a worker type: `deployment` or `pipeline`", "worker 集群需要 worker 类型：`deployment` 或 `pipeline`";
                "It decides which components are installed.", "它决定安装哪些组件。");
pub(super) const VIRTUAL_NEEDS_HOST: &Message = message!("a virtual cluster needs the name of its host cluster", "虚拟集群需要指定其宿主集群的名称";
                "Name a registered cluster of usage `host`, which it runs on.", "请填写已注册且 usage 为 `host` 的集群名称。");
pub(super) const PHYSICAL_HAS_HOST: &Message = message!("a physical cluster has no host cluster, but `{value}` is given", "物理集群没有宿主集群，但给出了 `{value}`";
                    "Only a virtual cluster runs on a host cluster.", "只有虚拟集群才运行在宿主集群上。");
pub(super) const HOST_IS_VIRTUAL: &Message = message!("a host cluster must be physical", "宿主集群必须是物理集群";
                    "Virtual clusters cannot run on a virtual cluster.", "虚拟集群不能运行在另一个虚拟集群上。");

fn host_with_worker_type(subject: &Subject<'_>, findings: &mut Findings) {
    let spec = &subject.written.spec;
    if let (Some(Usage::Host), Some(worker_type)) = (spec.usage, spec.worker_type) {
        let path = Path::of("spec.workerType");
        findings.push(Finding::new(&HOST_WITH_WORKER_TYPE, HOST_HAS_TYPE, Place::value(path.clone())).found(worker_type.word()).fix(
            message!("remove the worker type", "删除 worker 类型"),
            Applicability::Unsafe,
            remove(path),
        ));
    }
}

fn worker_without_type(subject: &Subject<'_>, findings: &mut Findings) {
    let spec = &subject.written.spec;
    if spec.usage != Some(Usage::Worker) || spec.worker_type.is_some() {
        return;
    }
    let path = Path::of("spec.workerType");
    // A word that is none of the supported ones is told as that.
    let unreadable = subject.document.find(&path, None).is_some_and(|at| !at.node().is_null() && at.node().as_str() != Some(""));
    if !unreadable {
        let mut finding = Finding::new(&WORKER_WITHOUT_TYPE, WORKER_NEEDS_TYPE, Place::value(path.clone()));
        for worker_type in WorkerType::ALL {
            finding = finding.with("word", worker_type.word()).fix(
                message!("make it a `{word}` worker", "设为 `{word}`"),
                Applicability::Unsafe,
                insert(path.clone(), worker_type.word()),
            );
        }
        findings.push(finding);
    }
}

fn virtual_without_host(subject: &Subject<'_>, findings: &mut Findings) {
    let spec = &subject.written.spec;
    if spec.cluster_type == Some(ClusterType::Virtual) && spec.host_cluster.is_none() && spec.usage != Some(Usage::Host) {
        findings.push(Finding::new(&VIRTUAL_WITHOUT_HOST, VIRTUAL_NEEDS_HOST, Place::value(Path::of("spec.hostCluster"))));
    }
}

fn physical_with_host(subject: &Subject<'_>, findings: &mut Findings) {
    let spec = &subject.written.spec;
    if let (Some(ClusterType::Physical), Some(host)) = (spec.cluster_type, spec.host_cluster.as_deref()) {
        let path = Path::of("spec.hostCluster");
        findings.push(Finding::new(&PHYSICAL_WITH_HOST, PHYSICAL_HAS_HOST, Place::value(path.clone())).found(host).fix(
            message!("remove the host cluster", "删除宿主集群"),
            Applicability::Unsafe,
            remove(path),
        ));
    }
}

fn physical_with_vcluster(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.written.spec.cluster_type == Some(ClusterType::Physical) && subject.request.vcluster.is_some() {
        let path = Path::of("vcluster");
        findings.push(
            Finding::new(
                &PHYSICAL_WITH_VCLUSTER,
                message!("a physical cluster has no settings of a virtual one", "物理集群没有虚拟集群的设置";
                    "They say how the API server of a virtual cluster is reached, and have no effect here.", "它们说明如何访问虚拟集群的 API server，在此不起作用。"),
                Place::key(path.clone()),
            )
            .fix(message!("remove them", "删除"), Applicability::Unsafe, remove(path)),
        );
    }
}

fn virtual_host(subject: &Subject<'_>, findings: &mut Findings) {
    let spec = &subject.written.spec;
    if spec.usage == Some(Usage::Host) && spec.cluster_type == Some(ClusterType::Virtual) {
        let path = Path::of("spec.clusterType");
        findings.push(Finding::new(&VIRTUAL_HOST, HOST_IS_VIRTUAL, Place::value(path.clone())).found(ClusterType::Virtual.word()).fix(
            message!("make it physical", "改为物理集群"),
            Applicability::Unsafe,
            set(path, ClusterType::Physical.word()),
        ));
    }
}
