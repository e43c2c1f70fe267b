package components

import "slices"

// retentions are the days that CloudWatch Logs accepts:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func validateRetention(p *problems, path string, days int) {
	if days != 0 && !slices.Contains(retentions, days) {
		p.addf(path, "must be one of %v, got %d", retentions, days)
	}
}
