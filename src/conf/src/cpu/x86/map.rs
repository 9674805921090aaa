//! The x86 features and models that libvirt has names for. `map/x86.map` holds them:
//!
//! - `vendor NAME ID`, the ID being what CPUID says;
//! - `leaf LEAF/SUBLEAF REGISTER : NAME=BIT …` and `msr INDEX REGISTER : NAME=BIT …`, numbers in hex but the bits;
//! - `unmigratable NAME …`, features that a guest can't take to another host;
//! - `model NAME [vendor=V] [host] [guest] [compat] [is=MODEL] [signature=FAMILY/MODEL[/FROM-TO]] …`: whether hosts
//!   and guests are called so, whether a partial check compares features one by one, the model whose proper name this
//!   is, and the CPUs that are it. Below it `features`, what it has, `added`, what it turned out to have always had, and
//!   `removed`, what it had once: the list of `@MODEL`, and what more and (`-`) less.
//!
//! A line that begins with three blanks goes on with the one before.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::features::FeatureSet;

static MAP: LazyLock<X86Map> = LazyLock::new(|| X86Map::read(include_str!("../map/x86.map")));

/// All vendors, features and models.
#[derive(Debug)]
pub struct X86Map {
    pub vendors: Vec<Vendor>,
    pub features: Vec<Feature>,
    /// The oldest first.
    pub models: Vec<Model>,
    pub unmigratable: FeatureSet,
    places: HashMap<&'static str, usize>,
    /// Places of models by their names.
    names: HashMap<&'static str, usize>,
}

#[derive(Debug)]
pub struct Vendor {
    pub name: &'static str,
    /// What CPUID says: 12 characters.
    pub id: &'static str,
}

#[derive(Debug)]
pub struct Feature {
    pub name: &'static str,
    pub leaf: Leaf,
    pub register: Register,
    pub bit: u32,
}

/// Where bits of features are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaf {
    /// What CPUID says for EAX and ECX.
    Cpuid(u32, u32),
    /// A model-specific register: EAX its lower half, EDX its upper.
    Msr(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    Eax,
    Ebx,
    Ecx,
    Edx,
}

#[derive(Debug, Default)]
pub struct Model {
    pub name: &'static str,
    /// Place among the vendors.
    pub vendor: Option<usize>,
    /// Whether a host's CPU may be called so.
    pub host: bool,
    /// Whether a guest's CPU may be called so, where nobody asked for it by name.
    pub guest: bool,
    /// Whether a partial check compares features, and does not ask the hypervisor.
    pub compat: bool,
    pub features: FeatureSet,
    pub added: FeatureSet,
    pub removed: FeatureSet,
    pub signatures: Vec<ModelSignature>,
    /// The versioned name that this is short for.
    pub canonical: Option<&'static str>,
}

/// CPUs that are of a model.
#[derive(Debug, Clone)]
pub struct ModelSignature {
    pub family: u32,
    pub model: u32,
    pub steppings: RangeInclusive<u32>,
}

impl X86Map {
    /// The map; read when first asked for.
    pub fn get() -> &'static Self {
        &MAP
    }

    pub fn model(&self, name: &str) -> Option<&Model> {
        self.names.get(name).map(|place| &self.models[*place])
    }

    /// A feature's place.
    pub fn feature(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub fn vendor(&self, name: &str) -> Option<usize> {
        self.vendors.iter().position(|vendor| vendor.name == name)
    }

    pub fn vendor_by_id(&self, id: &str) -> Option<usize> {
        self.vendors.iter().position(|vendor| vendor.id == id)
    }

    /// The names of features, in the order of the map.
    pub fn feature_names(&self, set: &FeatureSet) -> impl Iterator<Item = &'static str> {
        set.iter().map(|place| self.features[place].name)
    }

    fn read(text: &'static str) -> Self {
        let mut map = Self {
            vendors: Vec::new(),
            features: Vec::new(),
            models: Vec::new(),
            unmigratable: FeatureSet::default(),
            places: HashMap::new(),
            names: HashMap::new(),
        };
        let mut line: Vec<&str> = Vec::new();
        for next in text.lines() {
            if !next.starts_with("   ") && !line.is_empty() {
                map.read_line(&line);
                line.clear();
            }
            line.extend(next.split_ascii_whitespace());
        }
        map.read_line(&line);
        map
    }

    fn read_line(&mut self, words: &[&'static str]) {
        match words {
            ["vendor", name, id] => self.vendors.push(Vendor { name, id }),
            ["leaf", leaf, register, ":", names @ ..] => {
                let (leaf, subleaf) = leaf.split_once('/').expect("a leaf has a subleaf");
                self.read_register(Leaf::Cpuid(hex(leaf), hex(subleaf)), register, names);
            }
            ["msr", index, register, ":", names @ ..] => {
                self.read_register(Leaf::Msr(hex(index)), register, names)
            }
            ["unmigratable", names @ ..] => self.unmigratable = self.set(names),
            ["model", name, rest @ ..] => self.read_model(name, rest),
            [list @ ("features" | "added" | "removed"), names @ ..] => self.read_list(list, names),
            other => unreachable!("the map has a line '{}'", other.join(" ")),
        }
    }

    fn read_register(&mut self, leaf: Leaf, register: &str, names: &[&'static str]) {
        let register = Register::named(register);
        for name in names {
            let (name, bit) = name.split_once('=').expect("a feature has a bit");
            let bit = bit.parse().expect("a bit is a number");
            self.places.insert(name, self.features.len());
            self.features.push(Feature { name, leaf, register, bit });
        }
    }

    fn read_model(&mut self, name: &'static str, words: &[&'static str]) {
        let mut model = Model { name, ..Model::default() };
        for word in words {
            match word.split_once('=') {
                Some(("vendor", name)) => model.vendor = self.vendor(name),
                Some(("signature", text)) => model.signatures.push(ModelSignature::read(text)),
                Some(("is", other)) => {
                    let place = self.names[other];
                    self.models[place].canonical = Some(name);
                    model.features = self.models[place].features;
                }
                _ if *word == "host" => model.host = true,
                _ if *word == "guest" => model.guest = true,
                _ if *word == "compat" => model.compat = true,
                _ => unreachable!("the map says '{word}' of a model"),
            }
        }
        self.names.insert(name, self.models.len());
        self.models.push(model);
    }

    fn read_list(&mut self, list: &str, words: &[&'static str]) {
        let of = |model: &Model| match list {
            "features" => model.features,
            "added" => model.added,
            _ => model.removed,
        };
        let mut set = FeatureSet::default();
        for word in words {
            if let Some(other) = word.strip_prefix('@') {
                set = of(&self.models[self.names[other]]);
            } else if let Some(feature) = word.strip_prefix('-') {
                set.remove(self.places[feature]);
            } else {
                set.insert(self.places[word]);
            }
        }
        let model = self.models.last_mut().expect("lists stand below a model");
        match list {
            "features" => model.features = set,
            "added" => model.added = set,
            _ => model.removed = set,
        }
    }

    /// The known ones of some features.
    pub fn set<'a>(&self, names: impl IntoIterator<Item = &'a &'a str>) -> FeatureSet {
        names.into_iter().filter_map(|name| self.feature(name)).collect()
    }
}

impl Model {
    /// Whether a CPU is of this model.
    pub fn has_signature(&self, family: u32, model: u32, stepping: u32) -> bool {
        self.signatures.iter().any(|known| {
            known.family == family && known.model == model && known.steppings.contains(&stepping)
        })
    }

    /// What the model had once, in the order of the alphabet.
    pub fn removed_names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = X86Map::get().feature_names(&self.removed).collect();
        names.sort_unstable();
        names
    }
}

impl ModelSignature {
    fn read(text: &str) -> Self {
        let number = |text: &str| text.parse().expect("signatures are numbers");
        let parts: Vec<&str> = text.split(['/', '-']).collect();
        let steppings = match parts[2..] {
            [from, to] => number(from)..=number(to),
            _ => 0..=15,
        };
        Self { family: number(parts[0]), model: number(parts[1]), steppings }
    }
}

impl Register {
    fn named(name: &str) -> Self {
        match name {
            "eax" => Self::Eax,
            "ebx" => Self::Ebx,
            "ecx" => Self::Ecx,
            "edx" => Self::Edx,
            other => unreachable!("the map has a register '{other}'"),
        }
    }
}

fn hex(text: &str) -> u32 {
    u32::from_str_radix(text, 16).expect("places are hex numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_build_on_others() {
        let map = X86Map::get();
        assert!(map.features.len() <= FeatureSet::CAPACITY);
        let has = |model: &str, feature: &str| {
            map.model(model).expect("known").features.contains(map.feature(feature).expect("known"))
        };
        assert!(has("Haswell", "hle") && !has("Haswell-noTSX", "hle") && has("Haswell-v2", "avx2"));
        let penryn = map.model("Penryn").expect("known");
        assert_eq!((penryn.canonical, penryn.host, penryn.guest), (Some("Penryn-v1"), true, true));
        assert_eq!(penryn.vendor.map(|place| map.vendors[place].id), Some("GenuineIntel"));
    }

    #[test]
    fn steppings_tell_models_apart() {
        let map = X86Map::get();
        let skylake = map.model("Skylake-Server").expect("known");
        let cascadelake = map.model("Cascadelake-Server").expect("known");
        assert!(skylake.has_signature(6, 85, 4) && !skylake.has_signature(6, 85, 7));
        assert!(cascadelake.has_signature(6, 85, 7) && !cascadelake.has_signature(6, 85, 4));
    }

    #[test]
    fn each_feature_has_a_bit_of_its_own() {
        let mut places: Vec<_> =
            X86Map::get().features.iter().map(|f| (f.leaf, f.register as u8, f.bit)).collect();
        places.sort_unstable();
        let all = places.len();
        places.dedup();
        assert_eq!(places.len(), all);
    }
}
