//! Reads `buildings`: whose sensors speak on this broker without being a thing's, as those of a course do.

use super::findings::{Findings, Rule};
use super::section::Section;
use crate::building::{Building, PlaceError};
use toml::de::DeValue;

pub(super) fn read(top: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<Building> {
    let Some(item) = top.take("buildings") else {
        return Vec::new();
    };
    let DeValue::Array(elements) = item.value() else {
        let message = format!("`buildings` is {}; it takes a list of names", item.is());
        let help = "write buildings = [\"house\"]";
        findings.refuse(Rule::BuildingsNoList, item.mistake(message).help(help));
        return Vec::new();
    };
    let mut buildings: Vec<Building> = Vec::new();
    for element in elements {
        let element = item.element(element);
        let Some(text) = element.text(findings) else {
            continue;
        };
        match text.parse() {
            Ok(building) if buildings.contains(&building) => {
                let message = format!("the building `{text}` stands here a second time");
                findings.refuse(Rule::BuildingBad, element.mistake(message));
            }
            Ok(building) => buildings.push(building),
            Err(error) => {
                let error: PlaceError = error;
                findings.refuse(Rule::BuildingBad, element.mistake(error.to_string()));
            }
        }
    }
    buildings
}
