using System.Diagnostics;
using System.Text.Json;

namespace MultiTurnTrainer.Tokenizers.Tests.Formats;

/// <summary>SentencePiece's own programs (Debian's package) as the reference, on models that they train here.</summary>
public sealed class SpmEncodeTests
{
    private static readonly string[] Texts =
    [
        .. Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Order(StringComparer.Ordinal)
            .SelectMany(File.ReadLines)
            .Where(line => line.Length is > 0 and < 2000),
    ];

    [Theory]
    [InlineData(
        "bpe",
        "--byte_fallback=true",
        "--normalization_rule_name=identity",
        "--remove_extra_whitespaces=false"
    )]
    [InlineData("bpe", "--normalization_rule_name=nmt_nfkc_cf", "--user_defined_symbols=`,|,--model")]
    [InlineData("bpe", "--treat_whitespace_as_suffix=true", "--byte_fallback=true")]
    [InlineData("unigram", "--byte_fallback=true", "--split_digits=true")]
    [InlineData(
        "unigram",
        "--normalization_rule_name=nfkc",
        "--user_defined_symbols=`,**,mtt",
        "--add_dummy_prefix=false"
    )]
    public void Encode_TrainedModel_EqualsSpmEncode(string type, params string[] options)
    {
        string train = Program("spm_train");
        using TempFolder folder = new();
        folder.Write("texts.txt", string.Join('\n', Texts) + "\n");
        Run(
            folder,
            train,
            [
                "--input=texts.txt",
                "--model_prefix=m",
                $"--model_type={type}",
                "--vocab_size=1500",
                "--hard_vocab_limit=false",
                "--character_coverage=0.999",
                "--minloglevel=2",
                .. options,
            ]
        );
        Compare(folder, folder["m.model"], Texts);
    }

    [Fact]
    public void Encode_Llama2Rebuilt_EqualsSpmEncode()
    {
        Program("spm_encode");
        using TempFolder folder = new();
        string json = File.ReadAllText(SharedData.Path("tokenizers", "llama2", "tokenizer.json"));
        JsonElement vocabulary = JsonDocument.Parse(json).RootElement.GetProperty("model").GetProperty("vocab");
        string[] pieces =
        [
            .. vocabulary.EnumerateObject().OrderBy(p => p.Value.GetInt32()).Select(piece => piece.Name),
        ];
        File.WriteAllBytes(folder["tokenizer.model"], SentencePieceWriter.Llama(pieces));
        string[] texts =
        [
            .. GoldenVector
                .Read(SharedData.Path("tokvec", "llama2.jsonl.gz"))
                .Select(vector => vector.Text)
                .Where(text => text.Length > 0 && text.AsSpan().IndexOfAny("\r\n\0\uFFFD") < 0),
        ];
        Assert.True(texts.Length > 500, $"only {texts.Length} texts");
        Compare(folder, folder.Path, texts);
    }

    private static void Compare(TempFolder folder, string model, string[] texts)
    {
        folder.Write("input.txt", string.Join('\n', texts) + "\n");
        string file = Directory.Exists(model) ? Path.Combine(model, "tokenizer.model") : model;
        Run(
            folder,
            Program("spm_encode"),
            [$"--model={file}", "--output_format=id", "--input=input.txt", "--output=ids.txt"]
        );
        string[] expected = File.ReadAllLines(folder["ids.txt"]);
        Assert.Equal(texts.Length, expected.Length);
        Tokenizer tokenizer = Tokenizer.Load(model);
        IdBuffer ids = new();
        List<string> differences = [];
        for (int i = 0; i < texts.Length; i++)
        {
            ids.Clear();
            tokenizer.EncodeIds(System.Text.Encoding.UTF8.GetBytes(texts[i]), ids);
            string fast = string.Join(' ', ids.Ids.ToArray());
            string generic = string.Join(' ', tokenizer.Encode(texts[i], addSpecialTokens: false).Ids);
            if (fast != expected[i] || generic != expected[i])
            {
                differences.Add($"{texts[i]}\n  {expected[i]}\n  {fast}\n  {generic}");
            }
        }

        Assert.True(
            differences.Count == 0,
            $"{differences.Count} of {texts.Length} differ:\n{string.Join('\n', differences.Take(5))}"
        );
    }

    private static string Program(string name)
    {
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.Skip($"needs {name}, of the package sentencepiece (scripts/setup.sh --tests)");
        }

        return path;
    }

    private static void Run(TempFolder folder, string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder.Path,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error + output.Result);
    }
}
