// Folder Tools: rules on calls, results and declared tools.
// Refuses to know: what texts say.
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Which result answers which call: by id where both have one, by position where the data has no ids.</summary>
internal static class CallMatching
{
    /// <summary>Why a result answers no call; null when it answers one.</summary>
    /// <param name="row">The row.</param>
    /// <param name="caller">Index of the assistant message before the results; −1 when there is none.</param>
    /// <param name="result">The tool's message.</param>
    /// <param name="number">Its number among the results of that message, from 1.</param>
    public static string? Problem(Row row, int caller, MessageView result, int number)
    {
        if (caller < 0 || row.Messages[caller].CallCount == 0)
        {
            // Old data puts the call into the content; a named function there cannot be checked.
            bool legacy = caller >= 0 && row.Tape.Find(row.Messages[caller].Token, "function_call"u8) >= 0;
            return legacy ? null : "there is no call before this result";
        }

        ref readonly MessageView message = ref row.Messages[caller];
        if (!HasText(row.Tape, result.CallId))
        {
            return number > message.CallCount
                ? $"there are more results than the {message.CallCount} call{(message.CallCount == 1 ? "" : "s")} before"
                : null;
        }

        bool ids = false;
        for (int c = 0; c < message.CallCount; c++)
        {
            int id = row.Calls[message.FirstCall + c].Id;
            ids |= HasText(row.Tape, id);
            if (HasText(row.Tape, id) && row.Tape.Raw(id).SequenceEqual(row.Tape.Raw(result.CallId)))
            {
                return null;
            }
        }

        return ids || number > message.CallCount
            ? $"no call before has the id {Shown.Text(row.Tape, result.CallId)}"
            : null;
    }

    /// <summary>Whether a call has a result among the messages after its own.</summary>
    public static bool IsAnswered(Row row, CallView call, int index, int caller, int results)
    {
        for (int r = 0; r < results; r++)
        {
            ref readonly MessageView result = ref row.Messages[caller + 1 + r];
            bool byId = HasText(row.Tape, call.Id) && HasText(row.Tape, result.CallId);
            // Without ids one message may hold the results of all calls.
            if (byId ? row.Tape.Raw(call.Id).SequenceEqual(row.Tape.Raw(result.CallId)) : r == index || results == 1)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The function's name as messages show it.</summary>
    public static string Name(Row row, CallView call) => call.Name >= 0 ? Shown.Text(row.Tape, call.Name) : "(no name)";

    private static bool HasText(JsonTape tape, int token) =>
        token >= 0 && tape[token].Kind == JsonKind.String && tape[token].Length > 0;
}
