//! Short trials; what they show of the models is for `vsectl experiment` to say.

use super::*;

const SETTINGS: Settings = Settings {
    frames_per_second: 10_000,
    receive_cost_ns: 1000,
    consumer_cost_ns: 1000,
    seconds: 0.1,
};

#[test]
#[ignore = "needs root"]
fn models_by_vm_run_through_the_datapath_of_the_agent() {
    let mut experiment = Experiment::new(1, SETTINGS).expect("root, ip and ethtool");
    let variant = |steering| Variant { name: "of the test", steering, vm_cores: vec![1] };
    for core in [1, 0] {
        let by_vm = variant(Steering::ByVm(vec![core]));
        let trial = experiment.trial(&by_vm, 64, 0).expect("a trial");
        let [vm] = trial.vms.as_slice() else { panic!("{trial:?}") };
        // The sender is on core 0, so what is for that core stays there: the datapath counts it, no cpumap does.
        let counts = trial.cores[&core];
        assert!(
            vm.sent > 0 && counts.processed + counts.queue_drops == vm.sent,
            "{core}: {trial:?}"
        );
        assert_eq!(counts.enqueued + counts.queue_drops == 0, core == 0, "{trial:?}");
        let others = trial.cores.iter().filter(|(of, _)| **of != core);
        assert_eq!(others.map(|(_, counts)| counts.processed).sum::<u64>(), 0, "{trial:?}");
    }
    // A model without VSE takes the place of the program: an interface has but one. Frames that are not the sender's
    // count there too.
    let trial = experiment.trial(&variant(Steering::One(1)), 64, 0).expect("a trial");
    let counts = trial.cores[&1];
    assert!(counts.processed + counts.queue_drops >= trial.vms[0].sent, "{trial:?}");
}
