using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MultiTurnTrainer.Testing;

/// <summary>
/// Seeded fuzzing: what a check did not expect fails the test, with the input kept below <c>artifacts/fuzz</c>; inputs that
/// once failed lie in <c>tests/fuzz-corpus</c> and are tried first. <c>MTT_FUZZ</c> multiplies how many (the nightly script does).
/// </summary>
public static class Fuzz
{
    private const int Patience = 20;
    private const long MostBytes = 1L << 30;

    private static readonly string[] _tokens =
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\ud800",
        "null",
        "true",
        "-1",
        "0",
        "1e999",
        "2147483648",
        "99999999999999999999",
        "\n",
        "\0",
        "\u001b[31m",
        "\u202e",
        "{}",
        "[]",
        "\"\"",
        "&a ",
        "*a",
        "? ",
        "- ",
        "<<: ",
    ];

    /// <summary>Runs a check over many inputs and says what was tried.</summary>
    /// <param name="name">Of the kind of input.</param>
    /// <param name="usual">How many in every run of the tests.</param>
    /// <param name="make">Makes one input.</param>
    /// <param name="check">Throws where the product does what it may not.</param>
    /// <param name="log">Receives the figures.</param>
    public static void Run(string name, int usual, Func<Random, byte[]> make, Action<byte[]> check, Action<string> log)
    {
        int times = int.Parse(Environment.GetEnvironmentVariable("MTT_FUZZ") ?? "1", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("MTT_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        string corpus = Path.Combine(Repository.Root, "tests", "fuzz-corpus", name);
        string[] kept = Directory.Exists(corpus) ? Directory.GetFiles(corpus) : [];
        double longest = 0;
        long most = 0;
        int count = kept.Length + (usual * times);
        for (int i = 0; i < count; i++)
        {
            byte[] input =
                i < kept.Length ? File.ReadAllBytes(kept[i]) : make(new Random(HashCode(seed, i - kept.Length)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            long started = Stopwatch.GetTimestamp();
            try
            {
                check(input);
            }
            catch (Exception problem)
            {
                throw new InvalidOperationException(
                    $"{name} {i} of seed {seed}, kept in {Keep(name, seed, i, input)}",
                    problem
                );
            }

            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            longest = Math.Max(longest, seconds);
            most = Math.Max(most, bytes);
            if (seconds > Patience || bytes > MostBytes)
            {
                throw new InvalidOperationException(
                    $"{name} {i} of seed {seed} took {seconds:0.0} s and made {bytes >> 20} MB, kept in {Keep(name, seed, i, input)}"
                );
            }
        }

        log(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {count} inputs, none crashed, none hung; the longest took {longest:0.00} s, the largest made {most >> 20} MB, the process had {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB at most"
            )
        );
    }

    /// <summary>One of some texts with a few edits: pieces out, doubled, exchanged, tokens put in.</summary>
    public static byte[] Mutate(Random random, IReadOnlyList<string> seeds)
    {
        StringBuilder text = new(seeds[random.Next(seeds.Count)]);
        for (int edits = random.Next(1, 6); edits > 0; edits--)
        {
            int at = random.Next(text.Length + 1);
            int length = Math.Min(random.Next(1, 12), text.Length - at);
            switch (random.Next(6))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, text.ToString(at, length));
                    break;
                case 2 when at < text.Length:
                    text[at] = (char)random.Next(1, 0x250);
                    break;
                case 3:
                    string other = seeds[random.Next(seeds.Count)];
                    int from = random.Next(other.Length);
                    text.Insert(at, other.AsSpan(from, Math.Min(random.Next(1, 40), other.Length - from)));
                    break;
                case 4:
                    text.Insert(
                        at,
                        string.Concat(Enumerable.Repeat(_tokens[random.Next(_tokens.Length)], random.Next(1, 300)))
                    );
                    break;
                default:
                    text.Insert(at, _tokens[random.Next(_tokens.Length)]);
                    break;
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static int HashCode(int seed, int number) => unchecked((seed * 486187739) + number);

    private static string Keep(string name, int seed, int number, byte[] input)
    {
        string folder = Path.Combine(Repository.Root, "artifacts", "fuzz", name);
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, $"{seed}-{number}");
        File.WriteAllBytes(file, input);
        return file;
    }
}
