-- coldcase stats sign-ins
-- case: signed-in
WITH gap AS (
  SELECT *, time - lag(time) OVER (PARTITION BY user_name, source_ips, user_agent ORDER BY time) <= INTERVAL 30 MINUTE AS goes_on
  FROM audit WHERE time IS NOT NULL AND user_name NOT LIKE 'system:%'
),
numbered AS (
  SELECT *, sum(CASE WHEN goes_on THEN 0 ELSE 1 END) OVER (PARTITION BY user_name, source_ips, user_agent ORDER BY time ROWS UNBOUNDED PRECEDING) AS number
  FROM gap
),
session AS (
  SELECT min(time) AS time, lower(user_name) AS person, user_name AS actor, array_to_string(source_ips, ', ') AS source, user_agent,
    count(DISTINCT audit_id) AS requests
  FROM numbered GROUP BY user_name, source_ips, user_agent, number
),
sign_in AS (
  SELECT coalesce("CreatedDateTime", time) AS time, lower(unnest(["UserPrincipalName", "UserId"])) AS person, "IPAddress" AS address,
    "Location" AS place, "AppDisplayName" AS application, "ResultType" AS result, "RiskLevelDuringSignIn" AS risk, true AS interactive
  FROM "SigninLogs"
  UNION ALL
  SELECT coalesce("CreatedDateTime", time), lower(unnest(["UserPrincipalName", "UserId"])), "IPAddress",
    "Location", "AppDisplayName", "ResultType", "RiskLevelDuringSignIn", false
  FROM "AADNonInteractiveUserSignInLogs"
  UNION ALL
  SELECT time, lower("ServicePrincipalId"), "IPAddress", "Location", "ServicePrincipalName", "ResultType", NULL, false
  FROM "AADServicePrincipalSignInLogs"
)
SELECT session.*, (epoch_us(session.time) - epoch_us(sign_in.time)) / 1e6::DOUBLE AS seconds_before,
  sign_in.time AS before_time, address AS before_address, place AS before_place, application AS before_application, result AS before_result,
  risk AS before_risk, interactive AS before_interactive
FROM session
LEFT JOIN sign_in ON session.person = sign_in.person AND session.time >= sign_in.time
-- Of several at one moment the last by its columns: with false before true the interactive one.
QUALIFY row_number() OVER (PARTITION BY session.time, session.actor, session.source, session.user_agent
  ORDER BY sign_in.time DESC, address DESC, place DESC, application DESC, result DESC, risk DESC, interactive DESC) = 1
ORDER BY session.time, session.person, session.actor, session.source, session.user_agent
