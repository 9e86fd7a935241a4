-- What did the answers of each generator and judge cost? usd is null where a price is unknown; priced_usd is the part that is known. (What rejected answers cost is in decoy ledger stats.)
WITH answers AS (
  SELECT 'generate' AS stage, generator AS provider, input_tokens, output_tokens, cost_usd FROM negatives
  UNION ALL
  SELECT 'generate' AS stage, generator AS provider, input_tokens, output_tokens, cost_usd FROM unlabelled
  UNION ALL
  SELECT 'judge' AS stage, judge AS provider, input_tokens, output_tokens, cost_usd FROM verdicts
),
sums AS (
  SELECT
    stage,
    provider,
    COUNT(*) AS answers,
    SUM(input_tokens) AS input_tokens,
    SUM(output_tokens) AS output_tokens,
    SUM(COALESCE(cost_usd, 0)) AS priced_usd,
    COUNT(CASE WHEN cost_usd IS NULL AND input_tokens + output_tokens > 0 THEN 1 END) AS unpriced
  FROM answers
  GROUP BY stage, provider
)
SELECT
  stage,
  provider,
  answers,
  input_tokens,
  output_tokens,
  CASE WHEN unpriced = 0 THEN priced_usd END AS usd,
  priced_usd,
  unpriced
FROM sums
ORDER BY stage, provider
