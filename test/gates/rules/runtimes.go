package rules

// runtimes are those of Lambda that are not deprecated, with the day they will be.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
var runtimes = map[string]string{
	"nodejs22.x":      "2027-04-30",
	"nodejs24.x":      "2028-04-30",
	"python3.11":      "2027-06-30",
	"python3.12":      "2028-10-31",
	"python3.13":      "2029-06-30",
	"python3.14":      "2029-06-30",
	"java11":          "2027-06-30",
	"java17":          "2027-06-30",
	"java21":          "2029-06-30",
	"java25":          "2029-06-30",
	"dotnet10":        "2028-11-14",
	"ruby3.3":         "2027-03-31",
	"ruby3.4":         "2028-03-31",
	"provided.al2023": "2029-06-30",
}
