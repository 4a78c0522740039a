//! What the evidence does not hold: silences against a log's own rhythm, logs that are missing, bodies that were lost.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};

use super::Engine;
use super::values::text;
use crate::error::Result;
use crate::model::Micros;

/// A silence is at least so long, whatever the rhythm.
const LEAST: i64 = 60_000_000;
/// And so many times what 99 of 100 gaps of its log do not exceed.
const TIMES: i64 = 10;
/// Silences that are listed of one log.
const LISTED: usize = 5;

/// The rhythm of one log of one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Rhythm {
    /// Diagnostic category or table.
    pub log: String,
    /// ARM resource id in lower case, when it is known.
    pub cluster: Option<String>,
    pub events: u64,
    pub first: Micros,
    pub last: Micros,
    /// 99 of 100 gaps between two events are not longer, in microseconds.
    pub usual: i64,
    /// The longest silences, longest first: the last event before and the first after.
    pub silences: Vec<(Micros, Micros)>,
    /// How many silences there are in all.
    pub count: u64,
}

/// A log that would answer questions and is not in the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    pub log: &'static str,
    /// What cannot be answered without it.
    pub questions: &'static str,
    /// Where it comes from.
    pub export: &'static str,
}

/// Audit events of one log by level and by what became of their bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    pub log: String,
    pub level: String,
    pub events: u64,
    pub cut: u64,
    pub skipped: u64,
}

/// A log whose absence leaves questions open: what tells that it is there, and what it would answer.
struct Wanted {
    missing: Missing,
    /// Says that there is some of it.
    present: &'static str,
}

/// The logs of an AKS cluster (Azure's resource logs of managedClusters, and the tables of Container Insights, Defender
/// and Entra), in the order in which their absence hurts.
static WANTED: &[Wanted] = &[
    Wanted {
        missing: Missing {
            log: "audit events",
            questions: "who did what to the cluster at all",
            export: "diagnostic setting kube-audit, or table AKSAudit",
        },
        present: "SELECT 1 FROM audit LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "reads in the audit log (get, list)",
            questions: "who listed or read secrets, who looked around, what a stolen token saw",
            export: "kube-audit or AKSAudit: kube-audit-admin and AKSAuditAdmin leave get and list out",
        },
        present: "SELECT 1 FROM audit WHERE verb IN ('get', 'list') LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "bodies in the audit log",
            questions: "what was written: images, privileges, mounts, role rules, who a binding is for",
            export: "audit levels Request and RequestResponse, as kube-audit has them",
        },
        present: "SELECT 1 FROM audit WHERE body = 'recorded' LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "Azure activity log",
            questions: "who fetched cluster credentials, ran run-command, changed the cluster or its logging",
            export: "activity log of the subscription, or table AzureActivity",
        },
        present: "SELECT 1 FROM \"AzureActivity\" LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "sign-ins",
            questions: "from where a person or service principal signed in before using the cluster",
            export: "Entra diagnostic setting SignInLogs and siblings, or their tables",
        },
        present: "SELECT 1 FROM (SELECT time FROM \"SigninLogs\" UNION ALL SELECT time FROM \"AADServicePrincipalSignInLogs\" \
                  UNION ALL SELECT time FROM \"AADNonInteractiveUserSignInLogs\" \
                  UNION ALL SELECT time FROM \"AADManagedIdentitySignInLogs\") LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "host events",
            questions: "which processes ran in containers and on nodes, what an exec session did",
            export: "Syslog, LinuxAuditLog, auditd, Falco or Tetragon of the nodes",
        },
        present: "SELECT 1 FROM (SELECT time FROM \"Syslog\" UNION ALL SELECT time FROM \
                  \"LinuxAuditLog\" UNION ALL SELECT time FROM \"SecurityEvent\" UNION ALL SELECT time \
                  FROM auditd UNION ALL SELECT time FROM falco UNION ALL SELECT time FROM tetragon) \
                  LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "container logs",
            questions: "what the programs in the pods printed",
            export: "table ContainerLogV2 or ContainerLog",
        },
        present: "SELECT 1 FROM (SELECT time FROM \"ContainerLogV2\" UNION ALL SELECT time FROM \
                  \"ContainerLog\" UNION ALL SELECT time FROM container_log) LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "network flows",
            questions: "where pods and nodes connected to, how much left the cluster",
            export: "VNet or NSG flow logs, table NTANetAnalytics, Hubble flows",
        },
        present: "SELECT 1 FROM (SELECT time FROM \"NTANetAnalytics\" UNION ALL SELECT time FROM \
                  \"AzureNetworkAnalytics_CL\" UNION ALL SELECT time FROM \"VMConnection\" UNION ALL \
                  SELECT time FROM network_flow UNION ALL SELECT time FROM hubble_flow UNION ALL SELECT \
                  time FROM kubeshark_entry) LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "cluster snapshot",
            questions: "what the cluster looked like: what objects there were, which rights were given before the log begins",
            export: "kubectl get … -A -o json, Velero backup, etcd snapshot",
        },
        present: "SELECT 1 FROM object LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "Azure Policy",
            questions: "which workloads and settings broke a policy, and since when",
            export: "Gatekeeper constraints in a snapshot, log of its audit pod, Policy Insights states",
        },
        present: "SELECT 1 FROM (SELECT time FROM policy_violation UNION ALL SELECT time FROM gatekeeper_log UNION ALL \
                  SELECT time FROM policy_state) LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "Defender alerts",
            questions: "what Defender for Cloud saw, to compare with",
            export: "continuous export, or table SecurityAlert",
        },
        present: "SELECT 1 FROM \"SecurityAlert\" LIMIT 1",
    },
    Wanted {
        missing: Missing {
            log: "control-plane logs",
            questions: "who was refused before authentication (guard, kube-apiserver), what controllers did",
            export: "diagnostic settings guard, kube-apiserver, kube-controller-manager, or table AKSControlPlane",
        },
        present: "SELECT 1 FROM control_plane LIMIT 1",
    },
];

impl Engine {
    /// The rhythm of every log of every cluster, and its silences.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn rhythms(&self) -> Result<Vec<Rhythm>> {
        // Objects are no stream of events: their times are when they were created.
        let lines = "SELECT coalesce(CAST(category AS VARCHAR), 'audit log') AS log, CAST(cluster_id AS VARCHAR) AS cluster_id, \
                     time FROM audit WHERE time IS NOT NULL UNION ALL SELECT source, NULL, time FROM timeline \
                     WHERE source NOT IN ('audit', 'object') AND time IS NOT NULL";
        let gaps = format!(
            "SELECT log, cluster_id, time, lag(time) OVER (PARTITION BY log, cluster_id ORDER BY time) AS before FROM ({lines})"
        );
        let sums = format!(
            "SELECT log, cluster_id, count(*), min(CAST(time AS BIGINT)), max(CAST(time AS BIGINT)), \
             approx_percentile_cont(CAST(CAST(time AS BIGINT) - CAST(before AS BIGINT) AS DOUBLE), 0.99) \
             FROM ({gaps}) GROUP BY 1, 2 ORDER BY 1, 2"
        );
        let mut rhythms = Vec::new();
        for batch in &self.sql(&sums, &[])?.batches {
            let number = |column: usize, row: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
            for row in 0..batch.num_rows() {
                let usual = batch.column(5).as_primitive::<Float64Type>();
                rhythms.push(Rhythm {
                    log: text(batch.column(0), row).unwrap_or_default().to_owned(),
                    cluster: text(batch.column(1), row).map(str::to_owned),
                    events: number(2, row) as u64,
                    first: Micros(number(3, row)),
                    last: Micros(number(4, row)),
                    usual: if usual.is_null(row) { 0 } else { usual.value(row) as i64 },
                    silences: Vec::new(),
                    count: 0,
                });
            }
        }
        let all = format!(
            "SELECT log, cluster_id, CAST(before AS BIGINT), CAST(time AS BIGINT) FROM ({gaps}) WHERE \
             CAST(time AS BIGINT) - CAST(before AS BIGINT) >= {LEAST} \
             ORDER BY CAST(time AS BIGINT) - CAST(before AS BIGINT) DESC, log, cluster_id, time"
        );
        self.sql_each(&all, &[], &mut |batch| {
            for row in 0..batch.num_rows() {
                let (log, cluster) = (text(batch.column(0), row), text(batch.column(1), row));
                let of =
                    |rhythm: &&mut Rhythm| Some(rhythm.log.as_str()) == log && rhythm.cluster.as_deref() == cluster;
                let Some(rhythm) = rhythms.iter_mut().find(of) else { continue };
                let [before, after] = [2, 3].map(|column| batch.column(column).as_primitive::<Int64Type>().value(row));
                if after - before >= rhythm.usual.saturating_mul(TIMES) {
                    rhythm.count += 1;
                    if rhythm.silences.len() < LISTED {
                        rhythm.silences.push((Micros(before), Micros(after)));
                    }
                }
            }
            Ok(())
        })?;
        Ok(rhythms)
    }

    /// The logs that are not in the case and what cannot be answered without them.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn missing(&self) -> Result<Vec<Missing>> {
        let mut missing = Vec::new();
        for wanted in WANTED {
            if self.sql(wanted.present, &[])?.rows() == 0 {
                missing.push(wanted.missing);
            }
        }
        Ok(missing)
    }

    /// Audit levels and lost bodies, log by log.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn levels(&self) -> Result<Vec<Levels>> {
        let sql = "SELECT coalesce(CAST(category AS VARCHAR), 'audit log'), coalesce(CAST(level AS VARCHAR), 'not said'), \
                   count(*), sum(CASE WHEN body = 'cut' THEN 1 ELSE 0 END), \
                   sum(CASE WHEN body = 'skipped' THEN 1 ELSE 0 END) FROM audit GROUP BY 1, 2 ORDER BY 1, 2";
        let mut levels = Vec::new();
        for batch in &self.sql(sql, &[])?.batches {
            let number = |column: usize, row: usize| batch.column(column).as_primitive::<Int64Type>().value(row) as u64;
            for row in 0..batch.num_rows() {
                levels.push(Levels {
                    log: text(batch.column(0), row).unwrap_or_default().to_owned(),
                    level: text(batch.column(1), row).unwrap_or_default().to_owned(),
                    events: number(2, row),
                    cut: number(3, row),
                    skipped: number(4, row),
                });
            }
        }
        Ok(levels)
    }
}
