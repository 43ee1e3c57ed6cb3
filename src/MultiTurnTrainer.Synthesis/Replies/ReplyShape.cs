namespace MultiTurnTrainer.Synthesis.Replies;

/// <summary>One part of a reply.</summary>
/// <param name="Name">The tag's and the JSON property's name.</param>
/// <param name="Hint">What to put there, for the prompt.</param>
/// <param name="Required">Whether a reply without it is repaired.</param>
/// <param name="Choices">The only values it may have, where it is a choice.</param>
internal sealed record ReplyField(
    string Name,
    string Hint,
    bool Required = true,
    IReadOnlyList<string>? Choices = null
);

/// <summary>The parts that a role's reply must and may have.</summary>
/// <param name="Fields">The parts in the order in which the prompt names them.</param>
internal sealed record ReplyShape(IReadOnlyList<ReplyField> Fields)
{
    /// <summary>What the prompt says about the form of the reply.</summary>
    public string Describe(bool json)
    {
        StringBuilder text = new();
        if (json)
        {
            text.Append(
                "Reply with one JSON object and nothing else: {\"think\": \"(optional, hidden) your thoughts\""
            );
            foreach (ReplyField field in Fields)
            {
                text.Append($", \"{field.Name}\": \"{(field.Required ? "" : "(optional) ")}{field.Hint}\"");
            }

            return text.Append('}').ToString();
        }

        text.Append("Reply in exactly this form:\n<think>(optional, hidden) your thoughts</think>");
        foreach (ReplyField field in Fields)
        {
            text.Append($"\n<{field.Name}>{(field.Required ? "" : "(optional) ")}{field.Hint}</{field.Name}>");
        }

        return text.ToString();
    }

    /// <summary>The JSON schema; strict servers want every property required, so an optional one may be null.</summary>
    public string Schema()
    {
        IEnumerable<string> properties = Fields.Select(field =>
        {
            string type = field.Required ? "\"string\"" : "[\"string\",\"null\"]";
            IEnumerable<string> choices = (field.Choices ?? []).Select(choice => $"\"{choice}\"");
            string only =
                field.Choices is null ? ""
                : field.Required ? $",\"enum\":[{string.Join(',', choices)}]"
                : $",\"enum\":[{string.Join(',', choices.Append("null"))}]";
            return $"\"{field.Name}\":{{\"type\":{type}{only}}}";
        });
        string names = string.Join(',', Fields.Select(field => $"\"{field.Name}\""));
        return "{\"type\":\"object\",\"properties\":{\"think\":{\"type\":[\"string\",\"null\"]},"
            + string.Join(',', properties)
            + $"}},\"required\":[\"think\",{names}],\"additionalProperties\":false}}";
    }
}
