namespace MultiTurnTrainer.Audit.Trainers.Swift;

/// <summary>
/// One of ms-swift's own templates. A piece is a text, in which <c>{{SYSTEM}}</c> and <c>{{QUERY}}</c> are replaced, or
/// <see cref="Bos"/> or <see cref="Eos"/> for a token of the tokenizer.
/// </summary>
internal sealed record SwiftTemplate
{
    /// <summary>The tokenizer's first token.</summary>
    public const string Bos = "\0bos";

    /// <summary>The tokenizer's end token.</summary>
    public const string Eos = "\0eos";

    private const string Date = "\0date";

    public string[] Prefix { get; init; } = [];

    /// <summary>What begins the text where there is a system message; null: the template knows none.</summary>
    public string[]? SystemPrefix { get; init; }

    public required string[] Prompt { get; init; }

    public required string[] Separator { get; init; }

    public required string[] Suffix { get; init; }

    public string? DefaultSystem { get; init; }

    /// <summary>Whether what the tokenizer adds around a text is added.</summary>
    public bool AddsBos { get; init; }

    /// <summary><c>hermes</c> or <c>llama3</c>; null: rows with tools are refused.</summary>
    public string? AgentTemplate { get; init; }

    public bool IsThinking { get; init; }

    /// <summary>What begins an answer that thinks, where it is still to come.</summary>
    public string ThinkingPrefix { get; init; } = "";

    public string NonThinkingPrefix { get; init; } = "";

    public string HistoryThinkingPrefix { get; init; } = "";

    /// <summary>Whether the system text stands before the first message's, and answers lose line breaks at their ends.</summary>
    public bool PutsSystemInQuestion { get; init; }

    /// <summary>Whether it is gpt-oss's, which writes a system message and channels of its own.</summary>
    public bool HasChannels { get; init; }

    private static readonly SwiftTemplate _chatMl = new()
    {
        SystemPrefix = ["<|im_start|>system\n{{SYSTEM}}<|im_end|>\n"],
        Prompt = ["<|im_start|>user\n{{QUERY}}<|im_end|>\n<|im_start|>assistant\n"],
        Separator = ["<|im_end|>\n"],
        Suffix = ["<|im_end|>\n"],
    };

    private static readonly SwiftTemplate _qwen3 = _chatMl with { AgentTemplate = "hermes" };

    private static readonly SwiftTemplate _llama3 = new()
    {
        Prefix = ["<|begin_of_text|>"],
        SystemPrefix = ["<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{{SYSTEM}}<|eot_id|>"],
        Prompt =
        [
            "<|start_header_id|>user<|end_header_id|>\n\n{{QUERY}}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        ],
        Separator = ["<|eot_id|>"],
        Suffix = ["<|eot_id|>"],
        AgentTemplate = "llama3",
    };

    private static readonly SwiftTemplate _deepSeek = new()
    {
        Prefix = ["<｜begin▁of▁sentence｜>"],
        SystemPrefix = ["<｜begin▁of▁sentence｜>{{SYSTEM}}"],
        Prompt = ["<｜User｜>{{QUERY}}<｜Assistant｜>"],
        Separator = ["<｜end▁of▁sentence｜>"],
        Suffix = ["<｜end▁of▁sentence｜>"],
    };

    private static readonly SwiftTemplate _gemma = new()
    {
        Prefix = ["<bos>"],
        SystemPrefix = ["<bos><start_of_turn>system\n{{SYSTEM}}<end_of_turn>\n"],
        Prompt = ["<start_of_turn>user\n{{QUERY}}<end_of_turn>\n<start_of_turn>model\n"],
        Separator = ["<end_of_turn>\n"],
        Suffix = ["<end_of_turn>"],
    };

    // Types of models that all have one template; of the others the settings must name it.
    private static readonly Dictionary<string, string> _modelTypes = new(StringComparer.Ordinal)
    {
        ["mistral"] = "llama",
        ["gemma"] = "gemma",
        ["gemma2"] = "gemma",
        ["gemma3_text"] = "gemma3_text",
        ["phi3"] = "phi3",
        ["phi4"] = "phi4",
        ["deepseek_v2_5"] = "deepseek_v2_5",
        ["deepseek_v3"] = "deepseek_v2_5",
        ["gpt_oss"] = "gpt_oss",
    };

    /// <summary>The templates of the families that mtt knows, by name.</summary>
    public static IReadOnlyDictionary<string, SwiftTemplate> All { get; } =
        new Dictionary<string, SwiftTemplate>(StringComparer.Ordinal)
        {
            ["chatml"] = _chatMl with { AddsBos = true },
            ["qwen"] = _qwen3 with { DefaultSystem = "You are a helpful assistant." },
            ["qwen2_5"] = _qwen3 with
            {
                DefaultSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
            },
            ["qwq"] = _qwen3 with { IsThinking = true, ThinkingPrefix = "<think>\n" },
            ["qwen3"] = _qwen3 with { IsThinking = true, NonThinkingPrefix = "<think>\n\n</think>\n\n" },
            ["qwen3_thinking"] = _qwen3 with { IsThinking = true, ThinkingPrefix = "<think>\n" },
            ["qwen3_nothinking"] = _qwen3,
            ["llama"] = new()
            {
                Prefix = ["<s>[INST] "],
                SystemPrefix = ["<s>[INST] <<SYS>>\n{{SYSTEM}}\n<</SYS>>\n\n"],
                Prompt = ["{{QUERY}} [/INST]"],
                Separator = ["</s><s>[INST] "],
                Suffix = ["</s>"],
                DefaultSystem =
                    "You are a helpful, respectful and honest assistant. "
                    + "Always answer as helpfully as possible, while being safe. "
                    + "Your answers should not include any harmful, unethical, racist, sexist, toxic, dangerous, or illegal content. "
                    + "Please ensure that your responses are socially unbiased and positive in nature.\n\n"
                    + "If a question does not make any sense, or is not factually coherent, "
                    + "explain why instead of answering something not correct. "
                    + "If you don't know the answer to a question, please don't share false information.",
            },
            ["llama3"] = _llama3,
            ["llama3_2"] = _llama3 with { Prefix = [Llama32System("")], SystemPrefix = [Llama32System("{{SYSTEM}}")] },
            ["gemma"] = _gemma,
            ["gemma3_text"] = _gemma with { SystemPrefix = null, PutsSystemInQuestion = true },
            ["phi3"] = new()
            {
                SystemPrefix = ["<|system|>\n{{SYSTEM}}<|end|>\n"],
                Prompt = ["<|user|>\n{{QUERY}}<|end|>\n<|assistant|>\n"],
                Separator = ["<|end|>\n"],
                Suffix = ["<|end|>"],
                AddsBos = true,
            },
            ["phi4"] = new()
            {
                SystemPrefix = ["<|im_start|>system<|im_sep|>{{SYSTEM}}<|im_end|>"],
                Prompt = ["<|im_start|>user<|im_sep|>{{QUERY}}<|im_end|><|im_start|>assistant<|im_sep|>"],
                Separator = ["<|im_end|>"],
                Suffix = ["<|im_end|>"],
                AddsBos = true,
            },
            ["deepseek"] = new()
            {
                Prefix = [Bos],
                SystemPrefix = [Bos, "{{SYSTEM}}\n\n"],
                Prompt = ["User: {{QUERY}}\n\nAssistant:"],
                Separator = [Eos],
                Suffix = [Eos],
            },
            ["deepseek_v2_5"] = _deepSeek,
            ["deepseek_r1"] = _deepSeek with { IsThinking = true, ThinkingPrefix = "<think>\n" },
            ["gpt_oss"] = new()
            {
                SystemPrefix = ["{{SYSTEM}}"],
                Prompt = ["<|start|>user<|message|>{{QUERY}}<|end|><|start|>assistant"],
                Separator = ["<|end|>"],
                Suffix = ["<|return|>"],
                HasChannels = true,
            },
        };

    /// <summary>The template of a <c>--model_type</c>; null where it is not known.</summary>
    public static string? OfModelType(string? type) => type is null ? null : _modelTypes.GetValueOrDefault(type);

    /// <summary>The same with the day that one template prints.</summary>
    public SwiftTemplate On(DateTimeOffset today)
    {
        string text = today.ToString("dd MMM yyyy", CultureInfo.InvariantCulture);
        string[] Dated(string[] pieces) =>
            Array.ConvertAll(pieces, piece => piece.Replace(Date, text, StringComparison.Ordinal));
        return this with { Prefix = Dated(Prefix), SystemPrefix = SystemPrefix is null ? null : Dated(SystemPrefix) };
    }

    private static string Llama32System(string system) =>
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
        + $"Today Date: {Date}\n\n{system}<|eot_id|>";
}
