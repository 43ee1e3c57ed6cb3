using System.Diagnostics;
using System.Globalization;
using System.Text;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Tests;

/// <summary>
/// Seeded mutations of real rows through splitter, scanner, converters, repairs and every rule: findings or clean, never a
/// crash. What is accepted after repairs is accepted again. <c>MTT_FUZZ_INPUTS</c> sets how many (the nightly script runs 200,000).
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int InputsOfARun = 250;

    private static readonly byte[][] _tokens =
    [
        .. new[]
        {
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u",
            "\\ud800",
            "null",
            "1e999",
            "-",
            "\n",
            "\r\n",
            "\0",
            "\u00ff",
            "{\"role\":\"human\"}",
            "\"messages\":",
            "[[[[",
            "\uFEFF",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF],
        [0xC3],
        [0xED, 0xA0, 0x80],
    ];

    [Fact]
    public void Validate_MutatedRows_NeverCrashes()
    {
        int inputs = Number("MTT_FUZZ_INPUTS", 3000);
        Random random = new(Number("MTT_FUZZ_SEED", 1));
        List<byte[]> seeds = Seeds();
        Stopwatch watch = Stopwatch.StartNew();
        long bytes = 0;
        long findings = 0;
        long accepted = 0;
        for (int done = 0; done < inputs; done += InputsOfARun)
        {
            Dictionary<string, byte[]> files = new(StringComparer.Ordinal);
            for (int i = 0; i < InputsOfARun; i++)
            {
                byte[] input = Mutate(seeds[random.Next(seeds.Count)], seeds, random);
                files[(done + i).ToString(CultureInfo.InvariantCulture)] = input;
                bytes += input.Length;
            }

            List<byte[]> good = [];
            findings += Run(files, good);
            accepted += good.Count;
            Assert.Equal(0, Errors(good));
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{inputs} inputs, {bytes} bytes, {findings} findings, {accepted} rows accepted after repairs, {watch.Elapsed.TotalSeconds:0.0} s"
            )
        );
        Assert.True(findings > inputs / 4, $"only {findings} findings: the mutations do not bite");
        Assert.True(accepted > inputs / 100, $"only {accepted} rows were accepted: nothing but noise was tried");
    }

    private static long Run(Dictionary<string, byte[]> files, List<byte[]> good)
    {
        long findings = 0;
        ValidationOptions options = new()
        {
            Fix = true,
            Duplicates = DuplicateMode.All,
            MaxRowBytes = 1 << 16,
            Conversion = new ConversionOptions { Normalise = true, Preference = PreferenceSide.Chosen },
            Accept = row => good.Add(row.ToArray()),
            Opener = name => Open(name, files[name]),
        };
        new Validator(options, _ => findings++).Run(files.Keys);
        return findings;
    }

    /// <summary>Opens one input in ten as CSV: what is JSON to one reader is a field of stray quotes to the other.</summary>
    private static IRecordSource Open(string name, byte[] input) =>
        name.EndsWith('7')
            ? new CsvRecordSource(new MemoryStream([.. "messages,prompt,completion\n"u8, .. input]), name, ',', 1 << 16)
            : new JsonRecordSource(new MemoryStream(input), name, 1 << 16);

    private static long Errors(List<byte[]> good)
    {
        ValidationOptions options = new()
        {
            Duplicates = DuplicateMode.None,
            Conversion = new ConversionOptions { Preference = PreferenceSide.Chosen },
            Opener = _ => new JsonRecordSource(
                new MemoryStream([.. good.SelectMany(row => Flat(row).Append((byte)'\n'))]),
                "good",
                1 << 20
            ),
        };
        long errors = 0;
        if (good.Count > 0)
        {
            new Validator(options, finding => errors += finding.Severity == Severity.Error ? 1 : 0).Run(["good"]);
        }

        return errors;
    }

    /// <summary>Line breaks between tokens are white space; an accepted row has none inside its strings.</summary>
    private static IEnumerable<byte> Flat(byte[] row) =>
        row.Select(value => value is (byte)'\n' or (byte)'\r' ? (byte)' ' : value);

    private static byte[] Mutate(byte[] seed, List<byte[]> seeds, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int change = random.Next(4); change >= 0; change--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(7))
            {
                case 0:
                    bytes.InsertRange(at, _tokens[random.Next(_tokens.Length)]);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 20)));
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    byte[] other = seeds[random.Next(seeds.Count)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other.Skip(from).Take(random.Next(1, 200)));
                    break;
                case 5 when bytes.Count < 20_000:
                    int start = random.Next(bytes.Count + 1);
                    bytes.InsertRange(at, bytes.GetRange(start, Math.Min(bytes.Count - start, 300)));
                    break;
                default:
                    bytes.Add((byte)'\n');
                    bytes.AddRange(seeds[random.Next(seeds.Count)]);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>The examples of the rules, and a few rows of every real file where they are at hand.</summary>
    private static List<byte[]> Seeds()
    {
        List<byte[]> seeds =
        [
            .. Catalogue
                .All.SelectMany(rule => rule.Bad.Split('\n'))
                .Append(Validation.Rules.Examples.Good)
                .Where(row => row.Length > 0)
                .Select(Encoding.UTF8.GetBytes),
        ];
        if (SharedData.Root is null)
        {
            return seeds;
        }

        foreach (string path in Directory.GetFiles(SharedData.Path("chats"), "*.json*").Order(StringComparer.Ordinal))
        {
            using IRecordSource source = RecordSources.Open(path, 1 << 20);
            for (int i = 0; i < 6 && source.TryRead(out SourceRecord record); i++)
            {
                if (record.Bytes.Length < 8000)
                {
                    seeds.Add(record.Bytes.ToArray());
                }
            }
        }

        return seeds;
    }

    private static int Number(string variable, int standard) =>
        int.TryParse(
            Environment.GetEnvironmentVariable(variable),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int number
        )
            ? number
            : standard;
}
