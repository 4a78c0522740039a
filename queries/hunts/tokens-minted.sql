-- title: Tokens minted for service accounts
-- question: Who minted tokens for which service accounts, and from which addresses were those accounts used afterwards?
-- needs: audit events of serviceaccounts/token, which every category has; later reads only in the category kube-audit. It shows the use of the account, not of that very token. Tokens stored as secrets are not minted this way. Kubelets mint for every pod: leave them out with minter_not.
-- present: audit
-- param: from timestamp = 1970-01-01T00:00:00Z : start of the window, UTC
-- param: to timestamp = 9999-12-31T23:59:59Z : end of the window, UTC, not part of it
-- param: minter text = % : pattern of the identity that minted, % is everybody
-- param: minter_not text = - : pattern of identities to leave out, such as system:node:%; - is nobody
-- param: account text = % : pattern of the account, as system:serviceaccount:namespace:name, % is every one
WITH minted AS (
  SELECT
    user_name AS minter,
    array_to_string(source_ips, ', ') AS minter_source,
    'system:serviceaccount:' || namespace || ':' || name AS account,
    count(DISTINCT audit_id) AS tokens,
    min(time) AS first_minted,
    max(time) AS last_minted
  FROM audit
  WHERE time >= $from AND time < $to
    AND resource = 'serviceaccounts' AND subresource = 'token' AND verb = 'create'
    AND response_code BETWEEN 200 AND 299
    AND coalesce(user_name, '') ILIKE $minter
    AND coalesce(user_name, '') NOT ILIKE $minter_not
    AND 'system:serviceaccount:' || namespace || ':' || name ILIKE $account
  GROUP BY user_name, array_to_string(source_ips, ', '), 'system:serviceaccount:' || namespace || ':' || name
)
SELECT
  minted.minter,
  minted.minter_source,
  minted.account,
  minted.tokens,
  minted.first_minted,
  minted.last_minted,
  array_to_string(audit.source_ips, ', ') AS used_from,
  audit.user_agent AS used_with,
  count(DISTINCT audit.audit_id) AS requests_after,
  min(audit.time) AS first_used_after,
  max(audit.time) AS last_used_after
FROM minted
LEFT JOIN audit
  ON audit.user_name = minted.account
 AND audit.time > minted.first_minted AND audit.time < $to
GROUP BY minted.minter, minted.minter_source, minted.account, minted.tokens, minted.first_minted, minted.last_minted, array_to_string(audit.source_ips, ', '), audit.user_agent
-- The key of minted is complete last: what comes behind it the planner takes for given.
ORDER BY minted.first_minted, minted.minter, minted.account, used_from, used_with, minted.minter_source, minted.tokens, minted.last_minted
