//! The file that firmware keeps its variables in: made from its template when the guest starts for the first time.

use std::fs;
use std::io::Read;
use std::path::Path;

use ferrovirt_conf::domain::{Domain, FirmwareVars, LoaderKind};
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Error, Result};

/// More than any firmware's variables need.
const LARGEST: u64 = 256 << 20;

/// Makes the file for the guest's variables, unless there is one or none is needed. The folder is made with it.
pub fn make_variables(model: &Domain) -> Result<()> {
    let flash = model.os.loader.as_ref().is_some_and(|loader| loader.kind == Some(LoaderKind::Pflash));
    let Some(vars) = model.os.nvram.as_ref().filter(|_| flash) else { return Ok(()) };
    match vars.path().map(Path::new) {
        Some(path) if !path.exists() => copy_template(vars, path),
        _ => Ok(()),
    }
}

fn copy_template(vars: &FirmwareVars, path: &Path) -> Result<()> {
    let missing = |why: String| {
        Err(Error::operation_failed(format!(
            "the file '{}' for the firmware's variables is missing, and {why}",
            path.display()
        )))
    };
    let Some(template) = &vars.template else {
        return missing("the definition has no template to make it from".into());
    };
    if vars.template_format.is_some() && vars.format != vars.template_format {
        return missing("its template is an image of another format".into());
    }
    let describe =
        |err| Error::system(err, format!("cannot read the template '{template}' of the variables"));
    let mut content = Vec::new();
    let file = fs::File::open(template).map_err(describe)?;
    file.take(LARGEST + 1).read_to_end(&mut content).map_err(describe)?;
    if content.len() as u64 > LARGEST {
        return missing(format!("its template '{template}' is larger than {LARGEST} bytes"));
    }
    if let Some(folder) = path.parent() {
        let describe = |err| Error::system(err, format!("cannot make the folder '{}'", folder.display()));
        fs::create_dir_all(folder).map_err(describe)?;
    }
    persist::write_atomic(path, &content, 0o600, Durability::Power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_conf::domain::{Loader, VarsPlace};

    fn model(vars: FirmwareVars) -> Domain {
        let mut model = Domain::default();
        model.os.loader = Some(Loader { kind: Some(LoaderKind::Pflash), ..Loader::default() });
        model.os.nvram = Some(vars);
        model
    }

    #[test]
    fn variables_are_copied_once() {
        let folder = tempfile::tempdir().unwrap();
        let (template, path) = (folder.path().join("template.fd"), folder.path().join("nvram/guest.fd"));
        fs::write(&template, "fresh").unwrap();
        let vars = FirmwareVars {
            template: Some(template.display().to_string()),
            place: VarsPlace::Path(path.display().to_string()),
            ..FirmwareVars::default()
        };
        make_variables(&model(vars.clone())).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"fresh");
        fs::write(&path, "used").unwrap();
        make_variables(&model(vars)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"used");
    }

    #[test]
    fn without_a_template_they_must_be_there() {
        let vars =
            FirmwareVars { place: VarsPlace::Path("/nowhere/vars.fd".into()), ..FirmwareVars::default() };
        assert!(make_variables(&model(vars)).is_err());
    }
}
