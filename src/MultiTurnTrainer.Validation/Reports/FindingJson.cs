using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>Findings and summaries as the fields of JSON objects.</summary>
internal static class FindingJson
{
    /// <summary>The version of the <c>json</c> and <c>jsonl</c> reports.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Adds a finding's fields.</summary>
    public static JsonFields Add(this JsonFields fields, Finding finding)
    {
        fields["code"] = finding.Code;
        fields["severity"] = finding.Severity.GetName();
        fields["message"] = finding.Message;
        fields["file"] = finding.File;
        fields["line"] = finding.Line;
        return fields.AddPresent("path", finding.Path).AddPresent("hint", finding.Hint);
    }

    /// <summary>Adds a summary's fields.</summary>
    public static JsonFields Add(this JsonFields fields, ValidationSummary summary)
    {
        fields["files"] = summary.Files;
        fields["rows"] = summary.Rows;
        fields["badRows"] = summary.BadRows;
        fields["messages"] = summary.Messages;
        fields["errors"] = summary.Errors;
        fields["warnings"] = summary.Warnings;
        fields["infos"] = summary.Infos;
        fields["stopped"] = summary.Stopped;
        fields.AddPresent("known", summary.Known > 0 ? summary.Known : null);
        fields.AddPresent("gone", summary.Gone > 0 ? summary.Gone : null);
        fields.AddPresent("fixes", summary.Fixes.Count > 0 ? summary.Fixes : null);
        fields.AddPresent("notes", summary.Notes.Count > 0 ? summary.Notes : null);
        fields["formats"] = summary.Formats;
        fields["byCode"] = summary.ByCode;
        return fields;
    }
}
