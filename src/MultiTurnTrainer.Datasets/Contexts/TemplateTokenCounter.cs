using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>
/// Counts in a model's own tokens: the texts by its tokenizer, what the template prints around them by rendering small
/// conversations once. Whole prompts are counted again when they are assembled. Not for several threads.
/// </summary>
internal sealed class TemplateTokenCounter : ITokenCounter
{
    private readonly Tokenizer _tokenizer;
    private readonly IdBuffer _ids = new();
    private readonly TemplateFrame _frame;
    private byte[] _utf8 = new byte[4096];

    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="frame">What the template prints around messages.</param>
    public TemplateTokenCounter(Tokenizer tokenizer, TemplateFrame frame) => (_tokenizer, _frame) = (tokenizer, frame);

    public bool IsEstimate => false;

    public int Frame => _frame.Prompt;

    public int Count(Message message)
    {
        int around = message.Role switch
        {
            Role.System or Role.Developer => _frame.System,
            Role.Assistant => _frame.Assistant,
            _ => _frame.User,
        };
        int tokens = around + Count(message.Content ?? "") + Count(message.ReasoningContent ?? "");
        foreach (ToolCall call in message.ToolCalls)
        {
            tokens += Count(call.Json.GetRawText());
        }

        return tokens;
    }

    public int Count(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        int size = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_utf8.Length < size)
        {
            _utf8 = new byte[size];
        }

        int length = Encoding.UTF8.GetBytes(text, _utf8);
        _ids.Clear();
        _tokenizer.EncodeIds(_utf8.AsSpan(0, length), _ids);
        return _ids.Count;
    }

    public int CountTools(JsonView tools) => Count(tools.GetRawText());
}

/// <summary>Tokens that a template prints around a prompt and around each kind of message.</summary>
/// <param name="Prompt">Around everything, with the header of the answer.</param>
/// <param name="System">Around a system message.</param>
/// <param name="User">Around a user's message or a result.</param>
/// <param name="Assistant">Around an answer.</param>
internal sealed record TemplateFrame(int Prompt, int System, int User, int Assistant)
{
    private const int Unknown = 8;

    /// <summary>Measures a template on small conversations; what it refuses counts as eight tokens.</summary>
    public static TemplateFrame Measure(RowTemplate template, Tokenizer tokenizer)
    {
        int text = Tokens(tokenizer, "a");
        int? Of(bool asks, params string[] roles) => Render(template, tokenizer, asks, roles);

        int? one = Of(false, "user", "assistant");
        int? two = Of(false, "user", "assistant", "user", "assistant");
        int pair = two - one ?? (2 * Unknown);
        int? asked = Of(true, "user");
        int answer = Math.Clamp(one - Of(false, "user") - text ?? (pair / 2), 0, Math.Max(0, pair - (2 * text)));
        int user = Math.Max(0, pair - (2 * text) - answer);
        return new TemplateFrame(
            Math.Max(0, asked - user - text ?? Unknown),
            Math.Max(0, Of(true, "system", "user") - asked - text ?? Unknown),
            user,
            answer
        );
    }

    private static int? Render(RowTemplate template, Tokenizer tokenizer, bool asks, string[] roles)
    {
        try
        {
            return Tokens(
                tokenizer,
                TemplateProbe.Render(template, asks, false, [.. roles.Select(role => (role, "a"))])
            );
        }
        catch (TemplateException)
        {
            return null;
        }
    }

    private static int Tokens(Tokenizer tokenizer, string text)
    {
        IdBuffer ids = new();
        tokenizer.EncodeIds(Encoding.UTF8.GetBytes(text), ids);
        return ids.Count;
    }
}
