using System.Text.Json;

namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>
/// A record as a JSON line: <c>id, kind, turn, turns, policy, student_context, reference_context, completion, tools?,
/// removed, kept, marks</c>.
/// </summary>
internal static class CleanedRecordJson
{
    public static void Write(Utf8JsonWriter json, CleanedRecord record)
    {
        json.WriteStartObject();
        json.WriteString("id", record.Id);
        json.WriteString("kind", Name(record.Kind.ToString()));
        json.WriteNumber("turn", record.Turn);
        json.WriteNumber("turns", record.Turns);
        json.WriteString("policy", Name(record.Policy.ToString()));
        WriteAll(json, "student_context", record.StudentContext);
        WriteAll(json, "reference_context", record.ReferenceContext);
        json.WritePropertyName("completion");
        record.Completion.WriteTo(json);
        if (record.Tools is { } tools)
        {
            json.WritePropertyName("tools");
            tools.WriteTo(json);
        }

        WriteIndexes(json, "removed", record.Removed);
        WriteIndexes(json, "kept", record.Kept);
        json.WriteStartArray("marks");
        foreach (TurnMark mark in record.Marks)
        {
            json.WriteStartObject();
            json.WriteNumber("message", mark.Message);
            json.WriteString("kind", Name(mark.Kind.ToString()));
            json.WriteString("text", mark.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static string Name(string member) => JsonNamingPolicy.SnakeCaseLower.ConvertName(member);

    private static void WriteAll(Utf8JsonWriter json, string name, IReadOnlyList<JsonElement> messages)
    {
        json.WriteStartArray(name);
        foreach (JsonElement message in messages)
        {
            message.WriteTo(json);
        }

        json.WriteEndArray();
    }

    private static void WriteIndexes(Utf8JsonWriter json, string name, IReadOnlyList<int> indexes)
    {
        json.WriteStartArray(name);
        foreach (int index in indexes)
        {
            json.WriteNumberValue(index);
        }

        json.WriteEndArray();
    }
}
