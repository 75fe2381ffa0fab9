//! The ways between forms lead back.

use clearance_core::Form;
use clearance_core::form::{from_resource, to_resource};
use clearance_tests::generate;
use proptest::prelude::*;

use super::support::{cases, judge, read_as};

proptest! {
    #![proptest_config(cases())]

    /// To another form and back: the second time nothing changes any more.
    #[test]
    fn there_and_back(plan in generate::tidy_plans()) {
        let generated = plan.write();
        let document = read_as(&generated.text, plan.format, plan.form, &generated.name);
        let resource = document.to_resource();
        for &form in Form::ALL {
            let once = to_resource(form, &from_resource(form, &resource, None, None), Some(&generated.name));
            let twice = to_resource(form, &from_resource(form, &once, None, None), Some(&generated.name));
            let [once, twice] = [once, twice].map(|node| serde_json::to_value(node).expect("JSON"));
            prop_assert_eq!(once, twice, "{:?}\n{}", form, document.text);
        }
    }

    /// A path in the resource and in the reader's form are two names of one place.
    #[test]
    fn paths(plan in generate::tidy_plans()) {
        let generated = plan.write();
        let document = read_as(&generated.text, plan.format, plan.form, &generated.name);
        for finding in judge(&document).findings {
            let Some(path) = finding.place.path() else { continue };
            if let Some(written) = document.form.written(path) {
                prop_assert_eq!(&document.form.canonical(&written), path, "{} written {}\n{}", finding.rule.name, written, document.text);
            }
        }
    }
}
