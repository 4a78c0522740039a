-- title: Sign-ins to Entra
-- question: Who signed in, from where, with what application and factor, and what failed or looked risky?
-- needs: Entra's sign-in logs (tables SigninLogs and AADNonInteractiveUserSignInLogs). Without the licence risk is hidden or none. Whoever comes with a stolen token signs in nowhere.
-- present: "SigninLogs"
-- present: "AADNonInteractiveUserSignInLogs"
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: user text = % : pattern of the user name, % is everybody
-- param: source text = % : pattern of the address, % is every one
SELECT *
FROM (
  SELECT "TimeGenerated" AS first, "UserPrincipalName" AS actor, "IPAddress" AS source, "Location" AS place, "AppDisplayName" AS application,
    "ResourceDisplayName" AS to_what, "AuthenticationRequirement" AS factors, "ResultType" AS result,
    "ResultDescription" AS why, "RiskLevelDuringSignIn" AS risk, true AS interactive, evidence, "offset"
  FROM "SigninLogs"
  UNION ALL
  SELECT "TimeGenerated" AS first, "UserPrincipalName" AS actor, "IPAddress" AS source, "Location" AS place, "AppDisplayName" AS application,
    "ResourceDisplayName" AS to_what, "AuthenticationRequirement" AS factors, "ResultType" AS result,
    "ResultDescription" AS why, "RiskLevelDuringSignIn" AS risk, false AS interactive, evidence, "offset"
  FROM "AADNonInteractiveUserSignInLogs"
) AS sign_ins
WHERE first >= $from AND first < $to
  AND coalesce(actor, '') ILIKE $user
  AND coalesce(source, '') ILIKE $source
ORDER BY first, evidence, "offset"
