namespace MultiTurnTrainer.Templates.Rendering;

/// <summary>Constant generation prompts, by the special tokens they may hold. An input that sets a name the prompt reads is left to its own session.</summary>
/// <param name="names">The names the prompt reads.</param>
internal sealed class PromptCache(HashSet<string> names)
{
    private readonly ConcurrentDictionary<(string? Bos, string? Eos), string> _prompts = new();
    private readonly bool _isClosed = names.Overlaps(["tools", "documents", "strftime_now"]);

    /// <summary>The prompt for an input, or null.</summary>
    public string? Find(RenderInput input) =>
        IsOpenTo(input) && _prompts.TryGetValue((input.BosToken, input.EosToken), out string? prompt) ? prompt : null;

    /// <summary>Keeps the prompt of an input.</summary>
    public void Keep(RenderInput input, string prompt)
    {
        if (IsOpenTo(input) && _prompts.Count < 64)
        {
            _prompts[(input.BosToken, input.EosToken)] = prompt;
        }
    }

    private bool IsOpenTo(RenderInput input) =>
        !_isClosed && (input.Variables is null || !input.Variables.Keys.Any(names.Contains));
}
