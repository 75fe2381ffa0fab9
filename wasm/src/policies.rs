//! Policies where JavaScript runs them. A check cannot wait for an answer: what it needs and does not have
//! it leaves as questions, JavaScript runs the modules and tells what came of each, and the check is made
//! again. A policy's answer depends on its question alone, so an answer is kept while checks ask for it.

use alloc::rc::Rc;
use core::cell::RefCell;

use clearance_core::text::{find, joined};
use clearance_hearing::{Access, Answer, Bounds, Call, Callable, Failure, MOST_QUESTIONS, read_list};
use wasm_bindgen::prelude::*;

use crate::options::Misuse;
use crate::prelude::*;
use crate::{Handle, json};

/// Policies whose modules JavaScript runs.
pub type Policies = clearance_hearing::Policies<Remote>;

/// A module: its place in the list of policies.
#[derive(Debug, Clone)]
pub struct Remote {
    policy: usize,
    desk: Desk,
}

/// Where questions and answers lie.
#[derive(Debug, Clone, Default)]
pub struct Desk(Rc<RefCell<Papers>>);

#[derive(Debug, Default)]
struct Papers {
    asked: Vec<Asked>,
    /// Those that the last check had no answer to.
    open: Vec<u32>,
    next: u32,
}

/// What one policy is asked.
#[derive(Debug)]
struct Asked {
    id: u32,
    policy: usize,
    payload: String,
    bounds: Bounds,
    /// What it asked the host in its turn, and was told.
    told: Vec<Told>,
    outcome: Option<Outcome>,
    /// Whether the last check needed it.
    used: bool,
}

/// A question to the host.
#[derive(Debug)]
struct Told {
    wanted: String,
    payload: String,
    /// Nothing where it is not granted.
    answer: Option<Result<String, String>>,
}

#[derive(Debug)]
enum Outcome {
    /// It came to an end.
    Ended(Result<String, Failure>),
    /// It stopped at a question to the host that nobody had answered: with the answer it is run again.
    Wants { wanted: String, payload: String },
}

impl Callable for Remote {
    fn call(&self, call: Call<'_>) -> Answer {
        self.desk.0.borrow_mut().call(self.policy, call)
    }
}

impl Desk {
    /// Policies as a server tells of them.
    pub fn policies(&self, list: &str) -> Result<Policies, Misuse> {
        let module = |_: &str, policy| Remote { policy, desk: self.clone() };
        read_list(list, module).map_err(|why| Misuse(format!("the policies cannot be read: {why}")))
    }

    /// Begins a check.
    pub fn begin(&self) {
        let mut papers = self.0.borrow_mut();
        papers.open.clear();
        papers.asked.iter_mut().for_each(|asked| asked.used = false);
    }

    /// Ends it. What nobody asked for any more is forgotten.
    pub fn end(&self) {
        let mut papers = self.0.borrow_mut();
        if papers.open.is_empty() {
            papers.asked.retain(|asked| asked.used);
        }
    }
}

impl Papers {
    fn call(&mut self, policy: usize, call: Call<'_>) -> Answer {
        let payload = String::from_utf8(call.payload).unwrap_or_default();
        let at = self.asked.iter().position(|asked| asked.policy == policy && asked.payload == payload);
        let at = at.unwrap_or_else(|| {
            self.next = self.next.wrapping_add(1);
            let (told, bounds) = (Vec::new(), call.bounds);
            self.asked.push(Asked { id: self.next, policy, payload, bounds, told, outcome: None, used: true });
            self.asked.len() - 1
        });
        let Some(asked) = self.asked.get_mut(at) else { return Answer::none(Failure::Unasked) };
        asked.used = true;
        asked.look_up(&call.access);
        match &asked.outcome {
            Some(Outcome::Ended(response)) => {
                Answer { denied: asked.denied(), response: response.clone().map(String::into_bytes), ..Answer::none(Failure::Unasked) }
            }
            _ => {
                self.open.push(asked.id);
                Answer::none(Failure::Unasked)
            }
        }
    }

    /// The open ones, each as JavaScript gets it: `{id, policy, payload, host}`.
    fn questions(&self) -> Vec<String> {
        self.asked.iter().filter(|asked| self.open.contains(&asked.id)).map(Asked::question).collect()
    }
}

impl Asked {
    /// Answers what it wants to know of the host. What it was told before may have changed since: then it
    /// is asked as if for the first time.
    fn look_up(&mut self, access: &Access) {
        if self.told.iter().any(|told| told.answer != access.answer(&told.wanted, told.payload.as_bytes())) {
            self.told.clear();
            self.outcome = None;
        }
        if let Some(Outcome::Wants { wanted, payload }) = self.outcome.take_if(|outcome| matches!(outcome, Outcome::Wants { .. })) {
            if self.told.len() >= MOST_QUESTIONS {
                self.outcome = Some(Outcome::Ended(Err(Failure::Questions(MOST_QUESTIONS))));
                return;
            }
            let answer = access.answer(&wanted, payload.as_bytes());
            self.told.push(Told { wanted, payload, answer });
        }
    }

    /// With the host's answers in the order in which it asks.
    fn question(&self) -> String {
        let line = |told: &Told| {
            let refusal = Err(Access::refusal(&told.wanted));
            let (good, text) = match told.answer.as_ref().unwrap_or(&refusal) {
                Ok(text) => (true, text),
                Err(text) => (false, text),
            };
            format!(r#"{{"good":{good},"text":{}}}"#, json(text))
        };
        let host: Vec<String> = self.told.iter().map(line).collect();
        let (id, policy, payload) = (self.id, self.policy, json(&self.payload));
        format!(r#"{{"id":{id},"policy":{policy},"payload":{payload},"host":[{}]}}"#, joined(&host, ","))
    }

    fn denied(&self) -> Vec<String> {
        let mut denied = Vec::new();
        for told in self.told.iter().filter(|told| told.answer.is_none()) {
            if !denied.contains(&told.wanted) {
                denied.push(told.wanted.clone());
            }
        }
        denied
    }
}

#[wasm_bindgen(js_class = Checker)]
impl Handle {
    /// The policies that hold from now on, as a server tells of them. Their modules stay outside.
    #[wasm_bindgen(js_name = setPolicies)]
    pub fn set_policies(&mut self, list: &str) -> Result<(), JsError> {
        self.0.desk = Desk::default();
        self.0.policies = self.0.desk.policies(list)?;
        Ok(())
    }

    /// What policies must still be asked before the last verdict is whole: a list of
    /// `{id, policy, payload, host}`.
    #[must_use]
    pub fn questions(&self) -> String {
        format!("[{}]", joined(&self.0.desk.0.borrow().questions(), ","))
    }

    /// What came of a question. The kinds of outcome, and what `text`, `more`, `a` and `b` are, stand in `outcome`.
    pub fn hear(&mut self, id: u32, kind: &str, text: &str, more: &str, a: u32, b: u32) {
        self.0.desk.hear(id, |bounds| outcome(kind, text, more, (a, b), bounds));
    }
}

impl Desk {
    fn hear(&self, id: u32, outcome: impl FnOnce(Bounds) -> Outcome) {
        let mut papers = self.0.borrow_mut();
        // What was asked by a check that is long over may be gone.
        if let Some(asked) = papers.asked.iter_mut().find(|asked| asked.id == id) {
            asked.outcome = Some(outcome(asked.bounds));
        }
    }
}

/// What came of running a module, by its kind.
fn outcome(kind: &str, text: &str, more: &str, (a, b): (u32, u32), bounds: Bounds) -> Outcome {
    let text = text.to_owned();
    Outcome::Ended(Err(match kind {
        "answer" => return Outcome::Ended(Ok(text)),
        "wants" => return Outcome::Wants { wanted: text, payload: more.to_owned() },
        "refused" if !text.is_empty() => Failure::Refused(text),
        "utf8" => Failure::NotUtf8,
        "time" => Failure::Time(bounds.time),
        "memory" => Failure::Memory(bounds.memory),
        "stack" => Failure::Stack,
        "exit" => Failure::Exited(a.cast_signed()),
        "pointer" => Failure::Pointer { address: a, length: b },
        "long" => Failure::TooLong(usize::try_from(a).unwrap_or(usize::MAX)),
        "trap" => Failure::Trap(trap(&text, more)),
        "start" => Failure::Start(text),
        _ => Failure::Silent,
    }))
}

/// Each engine has its own words for a trap; these are those of the engine that servers have.
const TRAPS: [(&str, &str); 10] = [
    ("nreachable", UNREACHABLE),
    ("emory access", "out of bounds memory access"),
    ("index out of bounds", "out of bounds memory access"),
    ("ivide by zero", "integer divide by zero"),
    ("ivision by zero", "integer divide by zero"),
    ("remainder by zero", "integer divide by zero"),
    ("result unrepresentable", "integer overflow"),
    ("nteger overflow", "integer overflow"),
    ("unrepresentable", "invalid conversion to integer"),
    ("table", "undefined element: out of bounds table access"),
];
const UNREACHABLE: &str = "wasm `unreachable` instruction executed";

fn trap(engine: &str, log: &str) -> String {
    let known = TRAPS.into_iter().find(|(piece, _)| find(engine, piece).is_some());
    let words = match known {
        // What a guest says before it gives up (a panic) is the best reason there is.
        Some((_, UNREACHABLE)) if !log.is_empty() => return log.to_owned(),
        Some((_, words)) => words,
        None => engine,
    };
    format!("wasm trap: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Checker;
    use crate::options::{Request, Settings};

    const TEXT: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {name: shop-host, namespace: nautes}\n\
        spec: {apiServer: 'https://10.0.0.1:6443', clusterType: physical, usage: host, primaryDomain: shop.example.com}\n";

    fn policy(name: &str, more: &str) -> String {
        format!(r#"{{"name":"{name}","module":"{name}","settings":"{{}}","time":500,"memory":67108864{more}}}"#)
    }

    fn checker(policies: &[String]) -> Checker {
        let mut checker = Checker::new(&Settings::default()).unwrap();
        let list = format!(r#"{{"digest":"d","policies":[{}]}}"#, policies.join(","));
        checker.policies = checker.desk.policies(&list).unwrap();
        checker
    }

    /// Checks until nothing is open; `answer` gets a policy's place, its question, and what the host told.
    fn check(checker: &mut Checker, mut answer: impl FnMut(usize, &str, usize) -> Outcome) -> (Vec<String>, usize) {
        for round in 0..10 {
            let verdict = checker.check(TEXT.as_bytes(), &Request::default());
            let questions: Vec<(u32, usize, String, usize)> = {
                let papers = checker.desk.0.borrow();
                let open = papers.asked.iter().filter(|asked| papers.open.contains(&asked.id));
                open.map(|asked| (asked.id, asked.policy, asked.payload.clone(), asked.told.len())).collect()
            };
            if questions.is_empty() {
                let told = verdict.findings.iter().map(|finding| format!("{}: {}", finding.told.rule, finding.told.message));
                return (told.filter(|told| told.starts_with("policy-")).collect(), round);
            }
            for (id, policy, payload, host) in questions {
                let outcome = answer(policy, &payload, host);
                checker.desk.hear(id, |_| outcome);
            }
        }
        panic!("it never ends");
    }

    fn says(text: &str) -> Outcome {
        Outcome::Ended(Ok(text.to_owned()))
    }

    #[test]
    fn what_is_asked_once_is_kept() {
        let mut checker = checker(&[policy("one", ""), policy("two", "")]);
        let no = r#"{"accepted":false,"message":"no"}"#;
        let (told, rounds) = check(&mut checker, |policy, _, _| says(if policy == 0 { no } else { r#"{"accepted":true}"# }));
        assert_eq!((told, rounds), (vec!["policy-denied: policy `one`: no".to_owned()], 1));
        assert_eq!(check(&mut checker, |_, _, _| panic!("it is known")).1, 0);
    }

    #[test]
    fn who_comes_after_a_change_sees_it() {
        let mut checker = checker(&[policy("one", r#","mutates":true"#), policy("two", "")]);
        let mut seen = Vec::new();
        let (told, rounds) = check(&mut checker, |policy, payload, _| {
            seen.push((policy, payload.contains("changed.example.com")));
            if policy == 1 {
                return says(r#"{"accepted":true,"warnings":["mind"]}"#);
            }
            let object = payload.split_once(r#""object":"#).unwrap().1.split_once(r#","oldObject""#).unwrap().0;
            says(&format!(r#"{{"accepted":true,"mutated_object":{}}}"#, object.replace("shop.example.com", "changed.example.com")))
        });
        assert_eq!((seen, rounds), (vec![(0, false), (1, true)], 2));
        assert_eq!(told, ["policy-warned: policy `two`: mind"]);
    }

    #[test]
    fn who_asks_the_host_is_run_again_with_the_answer() {
        let wants = || Outcome::Wants {
            wanted: "kubewarden/kubernetes/list_resources_all".to_owned(),
            payload: r#"{"api_version":"nautes.resource.nautes.io/v1alpha1","kind":"Cluster"}"#.to_owned(),
        };
        let mut granted = checker(&[policy("one", r#","granted":["clusters"]"#)]);
        let answer = |_: usize, _: &str, told: usize| if told == 0 { wants() } else { says(r#"{"accepted":true,"warnings":["well"]}"#) };
        assert_eq!(check(&mut granted, answer), (vec!["policy-warned: policy `one`: well".to_owned()], 2));
        // Another fleet is another answer.
        granted.add(&TEXT.replace("shop-host", "other-host"), None);
        assert_eq!(check(&mut granted, answer).1, 2);
        let mut denied = checker(&[policy("one", "")]);
        let (told, _) = check(&mut denied, |_, _, told| if told == 0 { wants() } else { Outcome::Ended(Err(Failure::Silent)) });
        let said = "it asked for kubewarden/kubernetes/list_resources_all, which it is not granted";
        assert_eq!(told, [format!("policy-failed: policy `one` failed: it gave no answer ({said})")]);
    }

    #[test]
    fn nobody_asks_the_host_for_ever() {
        let mut checker = checker(&[policy("one", "")]);
        for _ in 0..=MOST_QUESTIONS {
            let _ = checker.check(TEXT.as_bytes(), &Request::default());
            let open = checker.desk.0.borrow().open.clone();
            for id in open {
                checker.desk.hear(id, |_| Outcome::Wants { wanted: "a/b/c".to_owned(), payload: String::new() });
            }
        }
        let (told, _) = check(&mut checker, |_, _, _| panic!("it was asked often enough"));
        assert!(
            told[0].starts_with("policy-failed: policy `one` failed: it asked the host more than the 100 times that it may"),
            "{told:?}"
        );
    }

    #[test]
    fn an_engine_s_words_become_ours() {
        for (engine, log, words) in [
            ("unreachable", "", "wasm trap: wasm `unreachable` instruction executed"),
            ("unreachable executed", "panicked at x", "panicked at x"),
            ("memory access out of bounds", "", "wasm trap: out of bounds memory access"),
            ("divide by zero", "", "wasm trap: integer divide by zero"),
            ("Division by zero", "", "wasm trap: integer divide by zero"),
            ("divide result unrepresentable", "", "wasm trap: integer overflow"),
            ("float unrepresentable in integer range", "", "wasm trap: invalid conversion to integer"),
            ("null function or function signature mismatch", "", "wasm trap: null function or function signature mismatch"),
        ] {
            assert_eq!(trap(engine, log), words, "{engine}");
        }
    }
}
