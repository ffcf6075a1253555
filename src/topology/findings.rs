//! The list of what is wrong with a file, and the rules that fill it.

use crate::model::{Mistake, Place, nearest};

macro_rules! rules {
    ($($name:ident,)*) => {
        /// Each way in which a file can be wrong or odd. One rule, one test: with the rule left out, that test fails.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Rule { $($name,)* }

        #[cfg(test)]
        pub(super) const RULES: &[Rule] = &[$(Rule::$name,)*];
    };
}

rules! {
    // the file as text and as TOML
    TooLarge, Syntax, KeyTwice, NotText, NotInteger, NotBoolean, NotTable,
    // the top and the broker
    UnknownKeyInFile, BuildingsNoList, BuildingBad, BrokerMissing, UnknownKeyInBroker, UrlMissing, UrlBad, KeepAliveRange,
    AccessEmpty, CertificateHalf, CaAndAnyCertificate, TlsKeyWithoutTls,
    // Home Assistant
    UnknownKeyInHome, HomeDiscoveryMissing, HomeTopic, HomeLab,
    // things
    NoThings, ThingName, UnknownKeyInThing, AddressEmpty, AddressWildcard, AddressDollar, AddressSlash, AddressBlank, AddressControl,
    AddressTooLong, AddressNoIp, AddressNowhere, AddressTwice, AddressAndInterface, InterfaceBad, BusRange, ResetGpioRange,
    ResetGpioIsBus, NoResources,
    // resources
    ResourceName, KindMissing, KindUnknown, UnknownKeyInResource, SettingRange,
    PortMissing, PortUnknown, PortUnfit, PortNotNeeded, PortTwice,
    RetainOnOthers, QosOnOthers, QosTwo, QosRange,
    RoomOnOthers, RoomBad, RoomTwice,
    // executors
    AllowNoList, AllowEntry, EnvironmentName, EnvironmentLoader, EnvironmentValue, EnvironmentPath,
    GovernorOdd, GovernorClientId, GovernorTopic, GovernorTopicTwice, GovernorClientTwice,
    UnsignedGovernor, UnsignedAlone, UnsignedUnsaid, UnsignedWide,
    // what an actuator follows
    FollowsOnOthers, FollowsEmpty, FollowsNoSource, FollowsNoSlash, FollowsHalf, SourceKeysUnknown, SourceNeither, SourceBoth,
    TopicBad, StaleRange, RangeNoPair, RangeEmpty,
    CombineUnknown, CombineAlone, LostUnknown, LostAlone, LostUnfit,
    // what follows from both ends of a wire
    UnknownThing, UnknownResource, UnknownChannel, FollowsSeveral, FollowsShared, NoFixedAddress, TopicOfNobody, TopicIsName, StaleOnOurs, RangeOnOurs, SourceTwice,
    FollowsItself, Loop, CannotFollow,
    // files of pipelines
    UnknownKeyInPipelines, UnknownKeyInTopics, UnknownKeyInPipeline, UnknownKeyInStep, NoPipelines, PipelinesNoList,
    PipelineNameless, PipelineTwice, OnFailureUnknown, StepsMissing, StepsNoList, StepsEmpty, StepNoCommand, StepBoth,
    StepNeither, StepBlank, ArgvNoList, ArgvBad, RetriesRange, SecondsRange, ClientsNoList, ClientPattern, ClientNameless,
    // the script of a simulated fleet
    UnknownKeyInAnswers, UnknownKeyInAnswer, AnswersNoList, AnswerMatchesNothing, ExitCodeRange, ProbabilityRange, TakesNoRange,
    // rules of alarms
    UnknownKeyInAlarms, UnknownKeyInDefaults, UnknownKeyInAlarm, NoRules, RulesNoList, SensorMissing, AlarmOfNothing, PlacePart,
    LimitRange, LimitsCross, HysteresisRange, HysteresisWide, FieldEmpty, ActuatorsNoList, ActuatorBad,
    // the governor's config.ini
    IniOutside, IniLine, IniNothing, IniTooLong, IniNotBoolean, IniNumber, IniTopic, SameTopic, IniBroker,
    FeedbackFileEmpty, ClientTwice, ClientsEmpty, UnknownKeyInSut, FolderRelative, EnvironmentLine,
    IniPercent, IniReference, IniDeep, IniSectionOdd, IniKeyOdd, SwitchOld, CutInQuotes, StepEmpty, CommentOfStep, ShellAlone,
    // warnings
    AnyCertificate, PasswordReadable,
    AddressOdd, ButtonSlow, DebounceLong, HoldsBoard, KeepAliveOdd, LossUnnoticed, SourceNotKept,
    AllowNothing, DangerousProgram, ShellOpen, ShellIdle, EnvironmentInherited,
    LimitOdd, RulesBeside,
}

/// The mistakes and warnings of one file, in the order in which they were met.
#[derive(Debug)]
pub(super) struct Findings<'t> {
    text: &'t str,
    /// Lines that are no TOML; nothing more is said about them.
    broken: Vec<Place>,
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
}

/// So many mistakes get a name that may have been meant; beyond, the file is no slip of the finger, and comparing
/// each name with each other would take its time.
const WITH_NEAREST: usize = 100;

impl<'t> Findings<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self {
            text,
            broken: Vec::new(),
            mistakes: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Says nothing more about a line than that it is no TOML: the rest would only follow from that.
    pub(super) fn leave_alone(&mut self, line: Place) {
        self.broken.push(line);
    }

    /// Notes a mistake.
    pub(super) fn refuse(&mut self, rule: Rule, mistake: Mistake) {
        let start = mistake.place.start;
        let is_known = |line: &Place| (line.start..=line.end).contains(&start);
        let follows_from_another = rule != Rule::Syntax && self.broken.iter().any(is_known);
        if in_force(rule) && !follows_from_another {
            self.mistakes.push(mistake);
        }
    }

    /// Notes something that is allowed, but hardly meant.
    pub(super) fn warn(&mut self, rule: Rule, mistake: Mistake) {
        if in_force(rule) {
            self.warnings.push(mistake);
        }
    }

    /// [`nearest`], as long as the mistakes are few.
    pub(super) fn nearest<'a>(
        &self,
        found: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if self.mistakes.len() > WITH_NEAREST {
            return None;
        }
        nearest(found, known)
    }

    /// The place of a part of the text that stands in quotes at `place`; the whole if it is written with escapes.
    pub(super) fn part(&self, place: &Place, value: &str, start: usize, len: usize) -> Place {
        let written = self.text.get(place.clone()).unwrap_or_default();
        let inner = written.get(1..written.len().saturating_sub(1));
        if inner == Some(value) {
            let from = place.start + 1 + start;
            from..from + len
        } else {
            place.clone()
        }
    }

    /// What was found, each sorted by place: mistakes, then warnings.
    pub(super) fn sorted(self) -> (Vec<Mistake>, Vec<Mistake>) {
        let sorted = |mut list: Vec<Mistake>| {
            list.sort_by_key(|mistake| (mistake.place.start, mistake.place.end));
            list
        };
        (sorted(self.mistakes), sorted(self.warnings))
    }
}

/// Names in backticks with commas between, for advice; a long list is cut.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let mut names = names.into_iter();
    let mut list = String::new();
    for (index, name) in names.by_ref().take(MOST).enumerate() {
        if index > 0 {
            list.push_str(", ");
        }
        list.push_str(name);
    }
    match names.count() {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

/// The first two names, where the rest says nothing new.
pub(super) fn some(names: &[&str]) -> String {
    match names {
        [first, second, _, ..] => format!("{first}, {second} and others"),
        _ => names.join(", "),
    }
}

#[cfg(not(test))]
const fn in_force(_: Rule) -> bool {
    true
}

#[cfg(test)]
pub(super) use left_out::{in_force, without};

/// For the test that leaves out one rule after the other.
#[cfg(test)]
mod left_out {
    use super::Rule;
    use std::cell::Cell;

    thread_local!(static LEFT_OUT: Cell<Option<Rule>> = const { Cell::new(None) });

    pub(in super::super) fn in_force(rule: Rule) -> bool {
        LEFT_OUT.get() != Some(rule)
    }

    pub(in super::super) fn without<T>(rule: Rule, work: impl FnOnce() -> T) -> T {
        LEFT_OUT.set(Some(rule));
        let result = work();
        LEFT_OUT.set(None);
        result
    }
}
