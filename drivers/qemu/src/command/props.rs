//! The properties of a device, object or block node, in the order in which they are told to QEMU.

use ferrovirt_xml::{OnOff, YesNo};
use serde::Serialize;
use serde_json::{Map, Value};

/// A JSON object under construction. It goes to the command line as text and to the monitor as arguments.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Props(Map<String, Value>);

impl Props {
    pub fn new() -> Self {
        Self::default()
    }

    /// The properties of a device of this type.
    pub fn device(driver: &str) -> Self {
        let mut props = Self::new();
        props.set("driver", driver);
        props
    }

    /// The properties of an object of this type.
    pub fn object(kind: &str, id: impl Into<String>) -> Self {
        let mut props = Self::new();
        props.set("qom-type", kind).set("id", id.into());
        props
    }

    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets what is known, leaves out what is not.
    pub fn maybe(&mut self, name: &str, value: Option<impl Into<Value>>) -> &mut Self {
        if let Some(value) = value {
            self.set(name, value);
        }
        self
    }

    /// Sets a number that is not zero; zero stands for QEMU's default.
    pub fn positive(&mut self, name: &str, number: impl Into<u64>) -> &mut Self {
        let number = number.into();
        self.maybe(name, (number != 0).then_some(number))
    }

    /// Sets a switch, if it is decided.
    pub fn switch(&mut self, name: &str, value: Option<impl Switch>) -> &mut Self {
        self.maybe(name, value.map(Switch::on))
    }

    /// Sets a text, if there is one.
    pub fn text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        self.maybe(name, value)
    }

    /// Sets all properties of `other`, behind ours.
    pub fn extend(&mut self, other: Self) -> &mut Self {
        self.0.extend(other.0);
        self
    }

    pub fn remove(&mut self, name: &str) {
        // Keeps the order of the others.
        self.0.shift_remove(name);
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn get_text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }
}

impl std::fmt::Display for Props {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = serde_json::to_string(&self.0).expect("a map of JSON values has a text");
        f.write_str(&text)
    }
}

impl From<Props> for Value {
    fn from(props: Props) -> Self {
        Self::Object(props.0)
    }
}

/// What is on or off, however the XML spells it.
pub trait Switch {
    fn on(self) -> bool;
}

impl Switch for OnOff {
    fn on(self) -> bool {
        self.is_set()
    }
}

impl Switch for YesNo {
    fn on(self) -> bool {
        self.is_set()
    }
}

impl Switch for bool {
    fn on(self) -> bool {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_keep_their_order_and_leave_out_what_is_not_known() {
        let mut props = Props::device("virtio-net-pci");
        props.set("id", "net0").positive("host_mtu", 0u32).switch("mq", Some(OnOff::On)).text("tx", None);
        assert_eq!(props.to_string(), r#"{"driver":"virtio-net-pci","id":"net0","mq":true}"#);
        props.remove("id");
        props.set("driver", "e1000");
        assert_eq!(props.to_string(), r#"{"driver":"e1000","mq":true}"#);
    }
}
