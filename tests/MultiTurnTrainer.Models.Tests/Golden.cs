using System.Text.Json;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Tests;

/// <summary>The reference cases in <c>Goldens/</c>: tiny models with everything they must compute.</summary>
internal static class Golden
{
    public static string Root { get; } =
        Path.Combine(Repository.Root, "tests", "MultiTurnTrainer.Models.Tests", "Goldens");

    public static TheoryData<string> Cases =>
        [.. Directory.GetDirectories(Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static string Folder(string name) => Path.Combine(Root, name);

    public static string Adapter(string name) => Path.Combine(Root, name, "adapter");

    public static string Expected(string name, string file) => Path.Combine(Root, name, "expected", file);

    public static JsonElement Json(string path) => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;

    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];

    public static float[] Floats(this JsonElement array) =>
        [.. array.EnumerateArray().Select(value => value.GetSingle())];

    public static float[] Floats(this SafetensorsFile file, string name) => file.Values<float>(name).ToArray();

    public static double LargestDifference(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Assert.Equal(a.Length, b.Length);
        double largest = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = Math.Abs((double)a[i] - b[i]);
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }
}
