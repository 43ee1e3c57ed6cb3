using System.Text.Json;
using BenchmarkDotNet.Attributes;
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Benchmarks.Templates;

/// <summary>What a row costs before it is tokenized: text alone, text with provenance, and the mask.</summary>
[InProcess]
[MemoryDiagnoser]
public class RenderBenchmarks
{
    private ChatTemplate _template = null!;
    private RenderInput _input = null!;

    /// <summary>The template's file in the shared data.</summary>
    [Params("trl__qwen3.jinja", "trl__llama3_1.jinja", "trl__gptoss.jinja", "trl__gemma3.jinja")]
    public string Template { get; set; } = "";

    /// <summary>Parses the template and makes a conversation of ten exchanges.</summary>
    [GlobalSetup]
    public void Load()
    {
        _template = ChatTemplate.Parse(File.ReadAllText(SharedFolder.Data("templates", Template)));
        object[] messages =
        [
            .. Enumerable
                .Range(0, 20)
                .Select(i => new
                {
                    role = i % 2 == 0 ? "user" : "assistant",
                    content = string.Concat(Enumerable.Repeat($"Some words of message {i}. ", 10)),
                }),
        ];
        _input = new RenderInput(JsonText.ToView(messages))
        {
            BosToken = "<s>",
            EosToken = "<|im_end|>",
            Now = new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero),
        };
    }

    /// <summary>The text alone.</summary>
    [Benchmark(Baseline = true)]
    public string Text() => _template.RenderText(_input);

    /// <summary>The text with the origin of every character.</summary>
    [Benchmark]
    public RenderedText Tracked() => _template.Open(_input).Render();

    /// <summary>The same with the mask of every answer.</summary>
    [Benchmark]
    public MaskedText Masked() =>
        MaskRule.Apply(
            _template,
            _input,
            Enumerable
                .Range(0, _input.Messages.GetArrayLength())
                .Where(i => _input.Messages[i].GetString("role") == "assistant"),
            ["<|im_end|>", "<|eot_id|>", "<|return|>", "<|end|>", "<end_of_turn>"]
        );
}
