//! The tables behind the rules: which options a platform has, and which units a device class.
//!
//! Sources: the documentation of each platform, `/integrations/<platform>.mqtt/`, "Configuration"; the core's
//! `homeassistant/components/sensor/const.py` (`DEVICE_CLASS_UNITS`, `DEVICE_CLASS_STATE_CLASSES`),
//! `binary_sensor/__init__.py` (`BinarySensorDeviceClass`), `event/__init__.py` (`EventDeviceClass`).

/// What every entity may have.
pub(crate) const COMMON: &[&str] = &[
    "platform",
    "unique_id",
    "name",
    "object_id",
    "default_entity_id",
    "icon",
    "qos",
    "encoding",
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "payload_available",
    "payload_not_available",
    "enabled_by_default",
    "entity_category",
    "entity_picture",
    "json_attributes_topic",
    "json_attributes_template",
];

/// What a platform has of its own.
pub(crate) struct Platform {
    pub(crate) name: &'static str,
    pub(crate) required: &'static [&'static str],
    pub(crate) own: &'static [&'static str],
    /// It is only read, so it cannot be a part of a device's configuration.
    pub(crate) is_read: bool,
}

const fn platform(
    name: &'static str,
    is_read: bool,
    required: &'static [&'static str],
    own: &'static [&'static str],
) -> Platform {
    Platform {
        name,
        required,
        own,
        is_read,
    }
}

/// Those that this program uses.
pub(crate) const PLATFORMS: &[Platform] = &[
    platform(
        "binary_sensor",
        true,
        &["state_topic"],
        &[
            "state_topic",
            "device_class",
            "expire_after",
            "force_update",
            "off_delay",
            "payload_on",
            "payload_off",
            "value_template",
        ],
    ),
    platform(
        "event",
        true,
        &["state_topic", "event_types"],
        &[
            "state_topic",
            "event_types",
            "device_class",
            "value_template",
        ],
    ),
    platform(
        "sensor",
        true,
        &["state_topic"],
        &[
            "state_topic",
            "device_class",
            "expire_after",
            "force_update",
            "last_reset_value_template",
            "options",
            "state_class",
            "suggested_display_precision",
            "unit_of_measurement",
            "value_template",
        ],
    ),
    platform(
        "light",
        false,
        &["command_topic"],
        &[
            "schema",
            "command_topic",
            "state_topic",
            "state_value_template",
            "payload_on",
            "payload_off",
            "optimistic",
            "retain",
            "on_command_type",
            "brightness_command_topic",
            "brightness_command_template",
            "brightness_scale",
            "brightness_state_topic",
            "brightness_value_template",
            "rgb_command_topic",
            "rgb_command_template",
            "rgb_state_topic",
            "rgb_value_template",
        ],
    ),
    platform(
        "switch",
        false,
        &["command_topic"],
        &[
            "command_topic",
            "state_topic",
            "device_class",
            "optimistic",
            "payload_on",
            "payload_off",
            "retain",
            "state_on",
            "state_off",
            "value_template",
            "command_template",
        ],
    ),
    platform(
        "number",
        false,
        &["command_topic"],
        &[
            "command_topic",
            "command_template",
            "state_topic",
            "device_class",
            "min",
            "max",
            "step",
            "mode",
            "optimistic",
            "payload_reset",
            "retain",
            "unit_of_measurement",
            "value_template",
        ],
    ),
    platform(
        "text",
        false,
        &["command_topic"],
        &[
            "command_topic",
            "command_template",
            "state_topic",
            "min",
            "max",
            "mode",
            "pattern",
            "retain",
            "value_template",
        ],
    ),
];

/// What may stand beside the components: `DEVICE_DISCOVERY_SCHEMA` in `schemas.py`, which refuses all else.
pub(crate) const ROOT: &[&str] = &[
    "device",
    "origin",
    "components",
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "payload_available",
    "payload_not_available",
    "state_topic",
    "command_topic",
    "qos",
    "encoding",
];

/// `MQTT_ENTITY_DEVICE_INFO_SCHEMA` in `schemas.py`.
pub(crate) const DEVICE: &[&str] = &[
    "identifiers",
    "connections",
    "manufacturer",
    "model",
    "model_id",
    "name",
    "hw_version",
    "serial_number",
    "sw_version",
    "via_device",
    "suggested_area",
    "configuration_url",
];

/// `MQTT_ORIGIN_INFO_SCHEMA` in `schemas.py`.
pub(crate) const ORIGIN: &[&str] = &["name", "sw_version", "support_url"];

/// Of `BinarySensorDeviceClass`.
pub(crate) const BINARY: &[&str] = &[
    "battery",
    "battery_charging",
    "carbon_monoxide",
    "cold",
    "connectivity",
    "door",
    "garage_door",
    "gas",
    "heat",
    "light",
    "lock",
    "moisture",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "problem",
    "running",
    "safety",
    "smoke",
    "sound",
    "tamper",
    "update",
    "vibration",
    "window",
];

/// Of `EventDeviceClass`.
pub(crate) const EVENT: &[&str] = &["doorbell", "button", "motion"];

/// Of `DEVICE_CLASS_UNITS`: those classes that a Grove sensor could be, each with its units.
pub(crate) const SENSOR: &[(&str, &[&str])] = &[
    ("temperature", &["\u{b0}C", "\u{b0}F", "K"]),
    ("humidity", &["%"]),
    ("moisture", &["%"]),
    ("illuminance", &["lx"]),
    ("sound_pressure", &["dB", "dBA"]),
    (
        "distance",
        &["km", "m", "cm", "mm", "mi", "nmi", "yd", "ft", "in"],
    ),
    ("voltage", &["V", "mV", "\u{3bc}V"]),
];
