using System.Text;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Tests.Rows;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Tests.Parquet;

/// <summary>Damaged files give an <see cref="MttException"/> or rows, never another exception and never a hang.</summary>
public class ParquetFuzzTests
{
    private const int MutationsPerFile = 400;

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(ParquetFixtureTests.Folder, "*.parquet").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_MutatedFile_FailsCleanly(string name)
    {
        byte[] original = File.ReadAllBytes(Path.Combine(ParquetFixtureTests.Folder, name));
        Assert.InRange(Mutate(original, seed: 11, path => ParquetJsonReader.Read(path).Count()), 1, MutationsPerFile);
    }

    [Fact]
    public void Read_MutatedTokenRows_FailsCleanly()
    {
        using TempFolder folder = new();
        TokenRowFileTests.Write(folder["rows.parquet"], TokenRowFileTests.MakeRows(seed: 7, count: 80, weighted: true));
        byte[] original = File.ReadAllBytes(folder["rows.parquet"]);
        Assert.InRange(Mutate(original, seed: 12, path => TokenRowReader.Read(path).Count()), 1, MutationsPerFile);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PAR1")]
    [InlineData("PAR1aaaaaaaaaaaaPAR1")]
    [InlineData("{\"messages\": []}\n")]
    public void Open_NotParquet_NamesTheFile(string text)
    {
        using TempFolder folder = new();
        string path = folder.Write("rows.parquet", text);
        MttException problem = Assert.Throws<MttException>(() => ParquetFile.Open(path));
        Assert.StartsWith($"{path}: not a valid Parquet file", problem.Message, StringComparison.Ordinal);
    }

    // Returns how many mutations were refused.
    private static int Mutate(byte[] original, int seed, Func<string, int> read)
    {
        using TempFolder folder = new();
        string path = folder["mutated.parquet"];
        Random random = new(seed);
        int refused = 0;
        for (int i = 0; i < MutationsPerFile; i++)
        {
            byte[] bytes = Damage(original, random);
            File.WriteAllBytes(path, bytes);
            try
            {
                read(path);
            }
            catch (MttException)
            {
                refused++;
            }
            catch (Exception problem)
            {
                Assert.Fail($"mutation {i} of seed {seed}: {problem}");
            }
        }

        return refused;
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        switch (random.Next(5))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                int from = random.Next(bytes.Length);
                return [.. bytes[..from], .. bytes[(from + random.Next(bytes.Length - from))..]];
            case 2:
                // The footer is where lengths and counts lie.
                int footer = BitConverter.ToInt32(bytes, bytes.Length - 8);
                bytes[bytes.Length - 8 - 1 - random.Next(footer)] = (byte)random.Next(256);
                return bytes;
            case 3:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            default:
                for (int i = random.Next(1, 20); i > 0; i--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                return bytes;
        }
    }
}
