using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Tokenizers;
using Encoding = MultiTurnTrainer.Tokenizers.Encoding;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>
/// Small random tokenizers of every component against HuggingFace's library; <c>scripts/tokenizers/vectors.cjs</c> made
/// the files, <c>fields.cjs</c> the one with every field damaged in turn, <c>unigram.py</c> the one with Unigram's ties,
/// <c>added.py</c> the one with added tokens of tokenizer_config.json.
/// </summary>
public sealed class ComponentVectorTests
{
    [Theory]
    [InlineData("components.jsonl.gz")]
    [InlineData("unigram.jsonl.gz")]
    [InlineData("added.jsonl.gz")]
    public void Encode_RandomTokenizers_EqualReference(string vectors)
    {
        using TempFolder folder = new();
        List<string> differences = [];
        int cases = 0;
        foreach (JsonElement line in PackedLines.Read(vectors))
        {
            string json = line.GetProperty("tokenizer").GetString()!;
            string config = line.TryGetProperty("config", out JsonElement beside) ? beside.GetString()! : "{}";
            folder.Write("tokenizer_config.json", config);
            folder.Write("tokenizer.json", json);
            Tokenizer tokenizer = Tokenizer.Load(folder.Path);
            foreach (JsonElement test in line.GetProperty("cases").EnumerateArray())
            {
                cases++;
                Compare(tokenizer, json, test, differences);
            }
        }

        Assert.True(cases > 1000, $"only {cases} cases");
        Assert.True(
            differences.Count == 0,
            $"{differences.Count} differences in {cases} cases:\n{string.Join('\n', differences.Take(5))}"
        );
    }

    [Theory]
    [InlineData("broken.jsonl.gz")]
    [InlineData("fields.jsonl.gz")]
    public void Load_DamagedTokenizers_RefusesWhatTheReferenceRefuses(string vectors)
    {
        using TempFolder folder = new();
        List<string> differences = [];
        foreach (JsonElement line in PackedLines.Read(vectors))
        {
            string json = line.GetProperty("tokenizer").GetString()!;
            string? expected = line.GetProperty("error").GetString();
            string? found = Refusal(folder.Write("tokenizer.json", json));
            if (expected is null != found is null)
            {
                differences.Add($"reference: {expected ?? "loads"}; here: {found ?? "loads"}\n  {Short(json)}");
            }
        }

        Assert.True(
            differences.Count == 0,
            $"{differences.Count} differences:\n{string.Join('\n', differences.Take(20))}"
        );
    }

    private static string? Refusal(string path)
    {
        try
        {
            Tokenizer.Load(path);
            return null;
        }
        catch (MttException problem)
        {
            return problem.Message;
        }
    }

    private static void Compare(Tokenizer tokenizer, string json, JsonElement test, List<string> differences)
    {
        string text = test.GetProperty("t").GetString()!;
        void Check(string field, object found)
        {
            string expected = JsonSerializer.Serialize(test.GetProperty(field));
            string actual = JsonSerializer.Serialize(found);
            if (expected != actual)
            {
                differences.Add(
                    $"{field} of {JsonSerializer.Serialize(text)}: {expected} expected, {actual} found\n  {Short(json)}"
                );
            }
        }

        Encoding plain = tokenizer.Encode(text, addSpecialTokens: false);
        Encoding whole = tokenizer.Encode(text, addSpecialTokens: true);
        Check("i", plain.Ids);
        Check("o", Flat(plain));
        Check("s", whole.Ids);
        Check("so", Flat(whole));
        Check("d", tokenizer.Decode(plain.Ids, skipSpecialTokens: false));
        Check("k", tokenizer.Decode(whole.Ids, skipSpecialTokens: true));
    }

    private static int[] Flat(Encoding encoding) => [.. encoding.Offsets.SelectMany(o => new[] { o.Start, o.End })];

    private static string Short(string json) => json.Length > 1200 ? json[..1200] : json;
}
