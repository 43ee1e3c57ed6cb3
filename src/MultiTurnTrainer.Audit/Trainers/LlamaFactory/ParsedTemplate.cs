namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>The template that LLaMA-Factory reads off the tokenizer's own where the settings name none.</summary>
internal static class ParsedTemplate
{
    /// <summary>Reads it from renders of a few messages.</summary>
    /// <exception cref="RefusedRowException">The template cannot render them.</exception>
    public static FactoryTemplate Of(TrainerModel model)
    {
        string prefix = model.Tokenizer.Decode(model.Encode("", addSpecialTokens: true), skipSpecialTokens: false);
        string Render(bool asks, params JsonFields[] messages) =>
            model.RenderText(messages, null, addGenerationPrompt: asks)[prefix.Length..];
        JsonFields user = Message("user", FactoryTemplate.Content);
        string system = Render(false, Message("system", FactoryTemplate.Content));
        string askedEmpty = Render(true, Message("system", ""), user);
        string asked = Render(true, user);
        string answered = Render(false, user, Message("assistant", FactoryTemplate.Content));
        string answer = answered[Math.Min(asked.Length, answered.Length)..];
        bool isReasoning = answer.Contains("<think>", StringComparison.Ordinal);
        string defaultSystem = "";
        string question = asked;
        if (asked.Length > askedEmpty.Length)
        {
            defaultSystem = Inserted(askedEmpty, asked);
            int at = system.IndexOf(FactoryTemplate.Content, StringComparison.Ordinal);
            int alone = at < 0 ? system.Length : system.Length - FactoryTemplate.Content.Length + defaultSystem.Length;
            question = asked[Math.Min(alone, asked.Length)..];
        }

        string[] slots =
        [
            answer
                .Replace("<think>", "", StringComparison.Ordinal)
                .Replace("</think>", "", StringComparison.Ordinal)
                .TrimStart('\n'),
        ];
        return new FactoryTemplate
        {
            Kind = isReasoning ? FactoryKind.Reasoning : FactoryKind.Plain,
            User = [question],
            Assistant = slots,
            System = [system],
            Prefix = prefix.Length == 0 ? [] : [prefix],
            DefaultSystem = defaultSystem,
        };
    }

    private static JsonFields Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    /// <summary>What the longer text has beside the shorter one, character by character.</summary>
    private static string Inserted(string shorter, string longer)
    {
        StringBuilder inserted = new();
        int i = 0;
        for (int j = 0; i < shorter.Length && j < longer.Length; j++)
        {
            if (shorter[i] == longer[j])
            {
                i++;
            }
            else
            {
                inserted.Append(longer[j]);
            }
        }

        return inserted.ToString();
    }
}
