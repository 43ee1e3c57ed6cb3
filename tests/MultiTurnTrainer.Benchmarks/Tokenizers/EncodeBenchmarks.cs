using BenchmarkDotNet.Attributes;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Benchmarks.Tokenizers;

/// <summary>The inner loop of encoding: a megabyte of mixed text, the word cache filled.</summary>
[InProcess]
[MemoryDiagnoser]
public class EncodeBenchmarks
{
    private readonly IdBuffer _ids = new();
    private List<byte[]> _texts = [];
    private List<string> _strings = [];
    private Tokenizer _tokenizer = null!;

    /// <summary>The tokenizer's folder in the shared data.</summary>
    [Params("llama3.1", "qwen3", "gpt-oss", "deepseek-v3", "llama2", "mistral-v0.3")]
    public string Model { get; set; } = "";

    /// <summary>Loads the tokenizer and the text.</summary>
    [GlobalSetup]
    public void Load()
    {
        _tokenizer = Tokenizer.Load(SharedFolder.Data("tokenizers", Model));
        _texts = Corpus.Read(SharedFolder.Data("corpus", "mixed.jsonl.gz"), 1_000_000);
        _strings = [.. _texts.Select(System.Text.Encoding.UTF8.GetString)];
    }

    /// <summary>Ids only, into a buffer that is used again.</summary>
    [Benchmark(Baseline = true)]
    public int Ids()
    {
        int tokens = 0;
        foreach (byte[] text in _texts)
        {
            _ids.Clear();
            _tokenizer.EncodeIds(text, _ids);
            tokens += _ids.Count;
        }

        return tokens;
    }

    /// <summary>Ids and offsets, as <c>mtt tokenize</c> gives them.</summary>
    [Benchmark]
    public int IdsAndOffsets() => _strings.Sum(text => _tokenizer.Encode(text, addSpecialTokens: false).Ids.Length);
}
