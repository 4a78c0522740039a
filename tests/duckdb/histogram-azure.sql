-- coldcase stats histogram --every 7d --by resulttype --distinct UserPrincipalName --sql 'SELECT * FROM SigninLogs'
-- case: signed-in
-- Weeks begin on Mondays.
SELECT date_trunc('week', time) AS begin, "ResultType", count(*) AS events, count(DISTINCT "UserPrincipalName") AS "distinct_UserPrincipalName"
FROM "SigninLogs" WHERE time IS NOT NULL
GROUP BY 1, 2
ORDER BY begin, "ResultType" NULLS FIRST
