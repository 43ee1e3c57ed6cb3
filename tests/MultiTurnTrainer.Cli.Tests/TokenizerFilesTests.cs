using System.IO.Compression;
using System.Text.Json;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Model folders whose tokenizer is no tokenizer.json, or is read in another way by a server.</summary>
public class TokenizerFilesTests
{
    private const string Inst =
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
        + "{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";

    private const string ChatMl =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private const string LlamaConfig =
        """{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "LlamaTokenizer"}""";

    private const string ChatMlConfig = """
        {"eos_token": "<|im_end|>",
         "added_tokens_decoder": {"2501": {"content": "<|im_start|>", "special": true},
                                  "2502": {"content": "<|im_end|>", "special": true}}}
        """;

    private static readonly string[] _answers = ["hello wörld 😀 <s> yes", "  two\n\nlines", "مرحبا <|im_end|> 1234"];

    [Theory]
    [InlineData("sentencepiece/llama2-style-bpe.model", "tokenizer.model", Inst, LlamaConfig, " ", "</s>")]
    [InlineData("sentencepiece/unigram-bytes-identity.model", "spiece.model", Inst, LlamaConfig, " ", "</s>")]
    [InlineData("mistral/tekken-small.json", "tekken.json", Inst, LlamaConfig, " ", "</s>")]
    [InlineData("tiktoken/mini.tiktoken", "mini.tiktoken", ChatMl, ChatMlConfig, "", "<|im_end|>")]
    [InlineData("tiktoken/cl100k_base.tiktoken.gz", "cl100k_base.tiktoken", ChatMl, ChatMlConfig, "", "<|im_end|>")]
    public void Mask_FolderWithoutTokenizerJson_LearnsTheAnswers(
        string file,
        string name,
        string template,
        string config,
        string before,
        string stop
    )
    {
        using TempFolder folder = new();
        Copy(file, folder[name]);
        string ids = name.StartsWith("cl100k", StringComparison.Ordinal) ? "10026" : "250";
        folder.Write("tokenizer_config.json", config.Replace("250", ids, StringComparison.Ordinal));
        folder.Write("chat_template.jinja", template);
        object[] messages =
        [
            .. _answers.SelectMany(answer =>
                new object[] { new { role = "user", content = "q" }, new { role = "assistant", content = answer } }
            ),
        ];
        folder.Write("in.jsonl", JsonSerializer.Serialize(new { id = "a", messages }) + "\n");

        MttResult result = MttProcess.Run(folder.Path, ["mask", "in.jsonl", "--model", ".", "--output", "rows.jsonl"]);

        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement row = JsonElement.Parse(File.ReadAllText(folder["rows.jsonl"]));
        Assert.Equal([.. _answers.Select(answer => before + answer + stop)], Learned(row, Tokenizer.Load(folder.Path)));
        Assert.True(
            JsonElement
                .Parse(File.ReadAllText(folder["rows.jsonl.manifest.json"]))
                .GetProperty("inputs")
                .TryGetProperty($"tokenizer:{name}", out _)
        );
    }

    [Fact]
    public void Mask_Llama2AsSentencePieceModel_EqualsTokenizerJson()
    {
        using TempFolder folder = new();
        string json = File.ReadAllText(SharedData.Path("tokenizers", "llama2", "tokenizer.json"));
        JsonElement vocabulary = JsonElement.Parse(json).GetProperty("model").GetProperty("vocab");
        IEnumerable<string> pieces = vocabulary
            .EnumerateObject()
            .OrderBy(piece => piece.Value.GetInt32())
            .Select(piece => piece.Name);
        Directory.CreateDirectory(folder["model"]);
        File.WriteAllBytes(folder["model/tokenizer.model"], SentencePieceWriter.Llama([.. pieces]));
        folder.Write("json/tokenizer.json", json);
        foreach (string model in (string[])["model", "json"])
        {
            folder.Write($"{model}/tokenizer_config.json", LlamaConfig);
            folder.Write($"{model}/chat_template.jinja", Inst);
            MttResult result = MttProcess.Run(
                folder.Path,
                [
                    "mask",
                    Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"),
                    "--model",
                    model,
                    "--output",
                    $"{model}.jsonl",
                    "--skip-refused",
                ]
            );
            Assert.True(result.ExitCode == 0, result.Error);
        }

        string rows = File.ReadAllText(folder["json.jsonl"]);
        Assert.True(rows.Length > 1000, rows);
        Assert.Equal(rows, File.ReadAllText(folder["model.jsonl"]));
    }

    [Fact]
    public void MaskAndDoctor_ClassThatIgnoresTheNormalizer_NameIt()
    {
        using TempFolder folder = new();
        File.Copy(SharedData.Path("tokenizers", "llama2", "tokenizer.json"), folder["tokenizer.json"]);
        folder.Write("tokenizer_config.json", LlamaConfig);
        folder.Write("chat_template.jinja", Inst);
        folder.Write(
            "in.jsonl",
            """{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}"""
        );

        MttResult mask = MttProcess.Run(folder.Path, ["mask", "in.jsonl", "--model", ".", "--output", "rows.jsonl"]);
        MttResult doctor = MttProcess.Run(folder.Path, ["doctor", "--model", "."]);

        Assert.True(mask.ExitCode == 0, mask.Error);
        Assert.Contains("transformers 5", mask.Error, StringComparison.Ordinal);
        Assert.True(doctor.ExitCode == 0, doctor.Error);
        Assert.Contains("transformers 5", doctor.Out, StringComparison.Ordinal);
    }

    private static List<string> Learned(JsonElement row, Tokenizer tokenizer)
    {
        int[] ids = [.. row.GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        int[] labels = [.. row.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32())];
        List<string> learned = [];
        for (int end = 0; end < ids.Length; )
        {
            int start = Array.FindIndex(labels, end, label => label >= 0);
            if (start < 0)
            {
                break;
            }

            end = Array.FindIndex(labels, start, label => label < 0);
            end = end < 0 ? ids.Length : end;
            // Decoded behind what stands before it: SentencePiece hides the mark that begins a text.
            string before = tokenizer.Decode(ids.AsSpan(0, start), skipSpecialTokens: false);
            learned.Add(tokenizer.Decode(ids.AsSpan(0, end), skipSpecialTokens: false)[before.Length..]);
        }

        return learned;
    }

    private static void Copy(string file, string target)
    {
        using Stream source = File.OpenRead(SharedData.Path("peers", "tokenizers", file));
        using Stream content = file.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(source, CompressionMode.Decompress)
            : source;
        using FileStream output = File.Create(target);
        content.CopyTo(output);
    }
}
