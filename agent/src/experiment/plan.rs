//! Which cases this machine has the cores for, and who runs where in each.

use serde::Serialize;

/// How frames get their core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Steering {
    /// All on one core.
    One(u32),
    /// By a hash, over these.
    Hash(Vec<u32>),
    /// By the VM id in the Flow Control Field: the core for VM 1, VM 2 and so on.
    ByVm(Vec<u32>),
}

/// One way of steering within a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// The paper's name for it.
    pub name: &'static str,
    /// How frames get their core.
    pub steering: Steering,
    /// The core of VM 1, VM 2 and so on.
    pub vm_cores: Vec<u32>,
}

/// A case of the evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// Where it stands in the paper.
    pub paper: &'static str,
    /// Whether the flows' ports change from trial to trial.
    pub changing_ports: bool,
    /// What is run; empty where the cores do not suffice.
    pub variants: Vec<Variant>,
    /// What was left out or made smaller, and why.
    pub remark: Option<String>,
}

/// All cases, as far as these cores go. The senders run on the first.
#[must_use]
pub fn cases(cores: &[u32]) -> Vec<Case> {
    vec![flow_collision(cores), flow_vm_collision(cores), total(cores), priority(cores)]
}

fn flow_collision(cores: &[u32]) -> Case {
    let variants = match *cores {
        [a, b, vm1, vm2, ..] => vec![
            variant("collision", Steering::ByVm(vec![a, a]), &[vm1, vm2]),
            variant("vse", Steering::ByVm(vec![a, b]), &[vm1, vm2]),
        ],
        _ => vec![],
    };
    let remark = "needs 4 cores: two that receive, two for VMs";
    case("flow collision", "Table IV", false, variants, cores.len() < 4, remark)
}

fn flow_vm_collision(cores: &[u32]) -> Case {
    let variants = match *cores {
        [a, vm, ..] => vec![
            variant("collision", Steering::ByVm(vec![vm]), &[vm]),
            variant("vse", Steering::ByVm(vec![a]), &[vm]),
        ],
        _ => vec![],
    };
    let remark = "needs 2 cores";
    case("flow-VM collision", "Table IV", false, variants, cores.len() < 2, remark)
}

fn total(cores: &[u32]) -> Case {
    let variants = match *cores {
        [vm1, vm2, a, b, ..] => vec![
            variant("default", Steering::One(b), &[vm1, vm2]),
            variant("rss", Steering::Hash(vec![vm1, vm2, a, b]), &[vm1, vm2]),
            variant("vse", Steering::ByVm(vec![a, b]), &[vm1, vm2]),
        ],
        [a, vm, ..] => vec![
            variant("default", Steering::One(a), &[vm]),
            variant("rss", Steering::Hash(vec![a, vm]), &[vm]),
            variant("vse", Steering::ByVm(vec![a]), &[vm]),
        ],
        _ => vec![],
    };
    let remark = "one pair of VMs instead of two: 4 cores are needed for two. With one flow the default core is as \
                  good as VSE's";
    case("total throughput", "Fig. 7, Tables V and VI", true, variants, cores.len() < 4, remark)
}

fn priority(cores: &[u32]) -> Case {
    let variants = match *cores {
        [vm1, vm2, vm3, free, ..] => vec![
            variant("rss", Steering::Hash(vec![vm1, vm2, vm3, free]), &[vm1, vm2, vm3]),
            variant("vse", Steering::ByVm(vec![free, vm2, vm3]), &[vm1, vm2, vm3]),
        ],
        [free, vm, ..] => vec![
            variant("rss", Steering::Hash(vec![free, vm]), &[vm, vm]),
            variant("vse", Steering::ByVm(vec![free, vm]), &[vm, vm]),
        ],
        _ => vec![],
    };
    let remark = "two VMs on one core instead of three on their own: 4 cores are needed for three";
    case("priority", "Table VII", true, variants, cores.len() < 4, remark)
}

fn variant(name: &'static str, steering: Steering, vm_cores: &[u32]) -> Variant {
    Variant { name, steering, vm_cores: vm_cores.to_vec() }
}

fn case(
    name: &'static str,
    paper: &'static str,
    changing_ports: bool,
    variants: Vec<Variant>,
    short: bool,
    remark: &str,
) -> Case {
    Case { name, paper, changing_ports, variants, remark: short.then(|| remark.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_cores_run_the_paper() {
        let cases = cases(&[0, 1, 2, 3]);
        assert!(cases.iter().all(|case| case.remark.is_none() && !case.variants.is_empty()));
    }

    #[test]
    fn two_cores_say_what_they_leave_out() {
        let cases = cases(&[0, 1]);
        let runs: Vec<bool> = cases.iter().map(|case| !case.variants.is_empty()).collect();
        assert_eq!(runs, [false, true, true, true]);
        let remarks: Vec<bool> = cases.iter().map(|case| case.remark.is_some()).collect();
        assert_eq!(remarks, [true, false, true, true]);
    }

    #[test]
    fn one_core_runs_nothing() {
        assert!(cases(&[0]).iter().all(|case| case.variants.is_empty() && case.remark.is_some()));
    }

    #[test]
    fn vse_keeps_a_flow_off_its_own_vm() {
        let four = cases(&[0, 1, 2, 3]);
        let total = four.iter().find(|case| case.name == "total throughput").expect("it is there");
        let vse = total.variants.iter().find(|variant| variant.name == "vse").expect("it is there");
        let Steering::ByVm(cores) = &vse.steering else { panic!("{vse:?}") };
        assert!(cores.iter().all(|core| !vse.vm_cores.contains(core)));
    }
}
