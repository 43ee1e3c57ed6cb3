namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What the template silently did, in words.</summary>
internal static class EffectText
{
    /// <summary>A line about many messages.</summary>
    public static string Line(string code, EffectCount count) =>
        code == TemplateEffects.AnswerEmpty
            ? $"{code}: {Counted.Of(count.Messages, "answer says", "answers say")} nothing, and the model learns to end at once: give them weight 0, or leave them out"
            : Invariant(
                $"{code}: the template did this to {Counted.Of(count.Messages, Unit(code))}{Cost(count.Characters)} (see mtt lint-template){Cure(code)}"
            );

    /// <summary>Lines about the messages of one conversation.</summary>
    public static IEnumerable<string> Lines(IEnumerable<EffectPlace> places) =>
        places
            .GroupBy(place => place.Code)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group =>
            {
                IEnumerable<string> messages = group
                    .Where(place => place.Message >= 0)
                    .Select(place => place.Message)
                    .Distinct()
                    .Order()
                    .Select(message => Invariant($"messages[{message}]"));
                string where = string.Join(", ", messages.DefaultIfEmpty("the conversation"));
                return $"{group.Key}: {where}{Cost(group.Sum(place => (long)place.Characters))}{Cure(group.Key)}";
            });

    private static string Unit(string code) =>
        code is "tools-dropped" or "text-injected" or "date-injected" ? "conversation" : "message";

    private static string Cost(long characters) =>
        characters > 0 ? $", {Counted.Of(characters, "character is", "characters are")} not in the text" : "";

    private static string Cure(string code) =>
        code switch
        {
            TemplateEffects.AnswerUnrendered => "; their weight is 0",
            TemplateEffects.AnswerEmpty => "; it says nothing, and the model learns to end at once",
            "prefix-supervised" =>
                "; what it writes between header and answer is supervised, for the model must write it",
            "prefix-in-prompt" =>
                "; what it writes between header and answer is in the generation prompt too, and context",
            _ when code.StartsWith("earlier-", StringComparison.Ordinal) =>
                "; mtt mask --expand-turns learns what the template prints of a last answer",
            _ => "",
        };
}
