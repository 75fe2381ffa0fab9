//! The process that started us. It may die and leave our input open, where another one holds it, too.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde_json::Value;

/// How long it may take until its end is seen.
const PATIENCE: Duration = Duration::from_millis(500);

/// The editor's process, where it told which one it is.
pub(crate) struct Editor {
    process: Option<Pid>,
}

impl Editor {
    /// By `processId` of `initialize`. What does not run when we begin is not watched: it may be the
    /// number that the process has outside of our container.
    pub(crate) fn of(params: &Value) -> Self {
        let told = params.get("processId").and_then(Value::as_i64).and_then(|id| i32::try_from(id).ok());
        Self { process: told.filter(|id| *id > 0).and_then(Pid::from_raw).filter(|process| runs(*process)) }
    }

    /// Whether it ran and does not any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.process.is_some_and(|process| !runs(process))
    }

    /// How long to wait before it is looked at again.
    pub(crate) fn patience(&self) -> Duration {
        if self.process.is_some() { PATIENCE } else { Duration::MAX }
    }
}

fn runs(process: Pid) -> bool {
    // Whose it is makes no difference.
    !matches!(test_kill_process(process), Err(Errno::SRCH))
}
