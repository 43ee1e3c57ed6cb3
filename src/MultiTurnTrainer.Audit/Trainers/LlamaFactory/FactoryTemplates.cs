namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>LLaMA-Factory's templates for the families that mtt knows, by name.</summary>
internal static class FactoryTemplates
{
    private const string Bos = FactoryTemplate.Bos;
    private const string Eos = FactoryTemplate.Eos;

    private static readonly FactoryTemplate _chatMl = new()
    {
        User = ["<|im_start|>user\n{{content}}<|im_end|>\n<|im_start|>assistant\n"],
        Assistant = ["{{content}}<|im_end|>\n"],
        System = ["<|im_start|>system\n{{content}}<|im_end|>\n"],
        StopWords = ["<|im_end|>"],
        ReplacesEos = true,
    };

    private static readonly FactoryTemplate _qwen = _chatMl with
    {
        Observation =
        [
            "<|im_start|>user\n<tool_response>\n{{content}}\n</tool_response><|im_end|>\n<|im_start|>assistant\n",
        ],
        ToolFormat = "qwen",
    };

    private static readonly FactoryTemplate _gemma = new()
    {
        Kind = FactoryKind.SystemInQuestion,
        User = ["<start_of_turn>user\n{{content}}<end_of_turn>\n<start_of_turn>model\n"],
        Assistant = ["{{content}}<end_of_turn>\n"],
        System = ["{{content}}\n\n"],
        Observation = ["<start_of_turn>tool\n{{content}}<end_of_turn>\n<start_of_turn>model\n"],
        Prefix = [Bos],
        StopWords = ["<end_of_turn>"],
        ReplacesEos = true,
    };

    private static readonly FactoryTemplate _llama3 = new()
    {
        User = [Llama3Turn("user")],
        Assistant = ["{{content}}<|eot_id|>"],
        System = ["<|start_header_id|>system<|end_header_id|>\n\n{{content}}<|eot_id|>"],
        Observation = [Llama3Turn("ipython")],
        Prefix = [Bos],
        StopWords = ["<|eot_id|>", "<|eom_id|>"],
        ReplacesEos = true,
        ToolFormat = "llama3",
    };

    private static readonly FactoryTemplate _mistral = new()
    {
        Kind = FactoryKind.SystemInQuestion,
        User = ["[INST] {{content}}[/INST]"],
        Assistant = [" {{content}}", Eos],
        System = ["{{content}}\n\n"],
        Function = ["[TOOL_CALLS] {{content}}", Eos],
        Observation = ["""[TOOL_RESULTS] {"content": {{content}}}[/TOOL_RESULTS]"""],
        Prefix = [Bos],
        ToolFormat = "mistral",
    };

    private static readonly FactoryTemplate _ministral = _mistral with
    {
        User = ["[INST]{{content}}[/INST]"],
        Assistant = ["{{content}}", Eos],
        Function = ["[TOOL_CALLS]{{content}}", Eos],
        Observation = ["""[TOOL_RESULTS]{"content": {{content}}}[/TOOL_RESULTS]"""],
    };

    private static readonly FactoryTemplate _deepSeek = new()
    {
        User = ["<｜User｜>{{content}}<｜Assistant｜>"],
        Prefix = [Bos],
    };

    private static readonly FactoryTemplate _phi = new()
    {
        User = ["<|user|>\n{{content}}<|end|>\n<|assistant|>\n"],
        Assistant = ["{{content}}<|end|>\n"],
        System = ["<|system|>\n{{content}}<|end|>\n"],
        StopWords = ["<|end|>"],
        ReplacesEos = true,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyDictionary<string, FactoryTemplate> Known { get; } =
        new Dictionary<string, FactoryTemplate>(StringComparer.Ordinal)
        {
            ["empty"] = new() { Assistant = ["{{content}}"] },
            ["default"] = new()
            {
                User = ["Human: {{content}}", Eos, "\nAssistant:"],
                Assistant = ["{{content}}", Eos, "\n"],
                System = ["System: {{content}}", Eos, "\n"],
            },
            ["chatml"] = _chatMl with
            {
                Observation = ["<|im_start|>tool\n{{content}}<|im_end|>\n<|im_start|>assistant\n"],
                StopWords = ["<|im_end|>", "<|im_start|>"],
            },
            ["qwen"] = _qwen with
            {
                DefaultSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
            },
            ["qwen3"] = _qwen with { Kind = FactoryKind.Reasoning },
            ["qwen3_nothink"] = _qwen,
            ["qwen2_vl"] = _qwen with { DefaultSystem = "You are a helpful assistant." },
            ["llama2"] = new()
            {
                Kind = FactoryKind.SystemInQuestion,
                User = [Bos, "[INST] {{content}} [/INST]"],
                System = ["<<SYS>>\n{{content}}\n<</SYS>>\n\n"],
            },
            ["llama3"] = _llama3,
            ["mistral"] = _mistral,
            ["ministral"] = _ministral,
            ["mistral_small"] = _ministral with
            {
                Kind = FactoryKind.Plain,
                System = ["[SYSTEM_PROMPT]{{content}}[/SYSTEM_PROMPT]"],
            },
            ["gemma"] = _gemma,
            ["gemma2"] = _gemma with
            {
                StopWords = ["<eos>", "<end_of_turn>"],
                ReplacesEos = false,
                HasEfficientEos = true,
            },
            ["gemma3"] = _gemma,
            ["gemma3n"] = _gemma,
            ["phi"] = _phi,
            ["phi4"] = new()
            {
                User = ["<|im_start|>user<|im_sep|>{{content}}<|im_end|><|im_start|>assistant<|im_sep|>"],
                Assistant = ["{{content}}<|im_end|>"],
                System = ["<|im_start|>system<|im_sep|>{{content}}<|im_end|>"],
                StopWords = ["<|im_end|>"],
                ReplacesEos = true,
            },
            ["deepseek"] = new()
            {
                User = ["User: {{content}}\n\nAssistant:"],
                System = ["{{content}}\n\n"],
                Prefix = [Bos],
            },
            ["deepseek3"] = _deepSeek,
            ["deepseekr1"] = _deepSeek with { Kind = FactoryKind.Reasoning },
            ["gpt_oss"] = new()
            {
                Kind = FactoryKind.Reasoning,
                User = ["<|start|>user<|message|>{{content}}<|end|><|start|>assistant"],
                Assistant = ["{{content}}"],
                System = ["<|start|>system<|message|>{{content}}<|end|>"],
                DefaultSystem = "You are ChatGPT, a large language model trained by OpenAI.",
                HasEfficientEos = true,
                Thought = ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
            },
        };

    private static string Llama3Turn(string role) =>
        $"<|start_header_id|>{role}<|end_header_id|>\n\n{{{{content}}}}<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n";
}
