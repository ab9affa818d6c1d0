//! The `[python]` table of `polymath.toml`: what sandboxed code may use.

use polymath_sandbox::Config;
use serde::Deserialize;
use std::time::Duration;

/// Each is the sandbox's own default where nothing is said.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonSettings {
    /// Wall clock of a call: `30s`.
    #[serde(default, deserialize_with = "duration")]
    timeout: Option<Duration>,
    /// How long an interpreter is kept that nobody uses: `10m`.
    #[serde(default, deserialize_with = "duration")]
    idle: Option<Duration>,
    /// Processor time of a whole session.
    cpu_seconds: Option<u64>,
    /// Processors kept busy at once.
    cpus: Option<u32>,
    memory_mib: Option<u64>,
    threads: Option<u64>,
    /// Of standard output, and of standard error, a call.
    output_kib: Option<usize>,
    /// The working directory, all its files together.
    disk_mib: Option<u64>,
    disk_files: Option<u64>,
    /// One file.
    file_mib: Option<u64>,
    open_files: Option<u64>,
    /// Interpreters at once.
    sessions: Option<usize>,
}

fn duration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text)
        .map(Some)
        .map_err(|e| serde::de::Error::custom(format!("`{text}` is not a time such as 30s or 5m: {e}")))
}

impl PythonSettings {
    /// `over`, and this where `over` says nothing.
    pub fn under(self, over: PythonSettings) -> PythonSettings {
        PythonSettings {
            timeout: over.timeout.or(self.timeout),
            idle: over.idle.or(self.idle),
            cpu_seconds: over.cpu_seconds.or(self.cpu_seconds),
            cpus: over.cpus.or(self.cpus),
            memory_mib: over.memory_mib.or(self.memory_mib),
            threads: over.threads.or(self.threads),
            output_kib: over.output_kib.or(self.output_kib),
            disk_mib: over.disk_mib.or(self.disk_mib),
            disk_files: over.disk_files.or(self.disk_files),
            file_mib: over.file_mib.or(self.file_mib),
            open_files: over.open_files.or(self.open_files),
            sessions: over.sessions.or(self.sessions),
        }
    }

    pub fn apply(&self, config: &mut Config) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        let mib = |value: Option<u64>| value.map(|v| v << 20);
        let limits = &mut config.limits;
        set(&mut limits.cpu_seconds, self.cpu_seconds);
        set(&mut limits.cpus, self.cpus);
        set(&mut limits.memory, mib(self.memory_mib));
        set(&mut limits.threads, self.threads);
        set(&mut limits.disk, mib(self.disk_mib));
        set(&mut limits.disk_files, self.disk_files);
        set(&mut limits.file_size, mib(self.file_mib));
        set(&mut limits.open_files, self.open_files);
        set(&mut config.timeout, self.timeout);
        set(&mut config.idle, self.idle);
        set(&mut config.output, self.output_kib.map(|v| v << 10));
        set(&mut config.sessions, self.sessions);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_stronger_file_wins_and_wrong_names_and_times_are_told() {
        let user: PythonSettings = toml::from_str("timeout = '10s'\nmemory_mib = 64").unwrap();
        let here: PythonSettings = toml::from_str("timeout = '2m'").unwrap();
        let mut config = Config::locate(std::path::Path::new("/nowhere"));
        user.under(here).apply(&mut config);
        assert_eq!((config.timeout, config.limits.memory), (Duration::from_secs(120), 64 << 20));
        let wrong = |text: &str| toml::from_str::<PythonSettings>(text).unwrap_err().to_string();
        assert!(wrong("timeout = 'soon'").contains("30s"));
        assert!(wrong("memory = 1").contains("unknown field"));
    }
}
