//! What a building without things needs: whoever speaks for its sensors, as a course's simulator and its students, and
//! whoever gives alarm.

use super::{Access, Account, BUILDING, Grants, Who};
use crate::building::{Building, Question};

fn all(building: &Building) -> Question {
    Question {
        building: Some(building.clone()),
        ..Question::default()
    }
}

/// For the operator, who watches: to hear its sensors, and to keep alarms.
pub(super) fn watched(building: &Building, grants: &mut Grants) {
    let (sensors, alarms) = (all(building).filter(), all(building).alarm_filter());
    grants.add(
        Access::Read,
        sensors,
        format!("what is measured in {building}"),
    );
    // read when a watch begins anew
    grants.add(Access::ReadWrite, alarms, format!("alarms of {building}"));
}

/// Whoever speaks for the sensors of all of them, and asks for what they say; none if there is no building.
pub(super) fn account(buildings: &[Building]) -> Option<Account> {
    let mut grants = Grants::default();
    for building in buildings {
        let (sensors, alarms) = (all(building).filter(), all(building).alarm_filter());
        grants.add(Access::ReadWrite, sensors, format!("sensors of {building}"));
        grants.add(Access::Read, alarms, format!("alarms of {building}"));
    }
    (!buildings.is_empty()).then(|| Account {
        who: Who::Building,
        user: BUILDING.to_owned(),
        grants: grants.0,
    })
}
