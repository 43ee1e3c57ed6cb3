namespace MultiTurnTrainer.Models.Gguf;

/// <summary>Llama 3's scaled rotation, which GGUF holds as a tensor: what each frequency is divided by.</summary>
internal static class Llama3Divisors
{
    /// <summary>The tensor.</summary>
    public const string TensorName = "rope_freqs.weight";

    private const double Tolerance = 1e-5;
    private const int UsualOriginal = 8192;
    private const double Low = 1;
    private const double High = 4;

    /// <summary>Computes them.</summary>
    /// <param name="theta">The base of the wavelengths.</param>
    /// <param name="dimensions">Rotated entries of a head.</param>
    /// <param name="factor">What long wavelengths are divided by.</param>
    /// <param name="low">Wavelengths above original / low are divided.</param>
    /// <param name="high">Wavelengths below original / high are kept.</param>
    /// <param name="original">The length of the pre-training.</param>
    public static float[] Compute(double theta, int dimensions, double factor, double low, double high, double original)
    {
        float[] divisors = new float[dimensions / 2];
        for (int i = 0; i < divisors.Length; i++)
        {
            double wavelength = 2 * Math.PI * Math.Pow(theta, 2.0 * i / dimensions);
            double smooth = ((original / wavelength) - low) / (high - low);
            divisors[i] = (float)(
                wavelength < original / high ? 1
                : wavelength > original / low ? factor
                : 1 / (((1 - smooth) / factor) + smooth)
            );
        }

        return divisors;
    }

    /// <summary>The settings that a file's divisors come from: those of Llama 3.1 and its successors, with their factor.</summary>
    /// <exception cref="MttException">They come from others.</exception>
    public static JsonObject Recognise(GgufFile file, GgufTensor tensor, double theta)
    {
        float[] found = new float[tensor.Count];
        file.Read(tensor, 0, found);
        double factor = Math.Round(TensorPrimitives.Max<float>(found), 4);
        double original = FindOriginal(found, theta, factor);
        float[] expected = Compute(theta, 2 * found.Length, factor, Low, High, original);
        return found.Zip(expected).All(pair => Math.Abs(pair.First - pair.Second) <= Tolerance * pair.Second)
            ? new JsonObject
            {
                ["rope_type"] = "llama3",
                ["factor"] = factor,
                ["low_freq_factor"] = Low,
                ["high_freq_factor"] = High,
                ["original_max_position_embeddings"] = (long)original,
            }
            : throw new MttException(
                $"{file.Path}: '{TensorName}' holds other divisors than Llama 3's settings give",
                "Give the model's HuggingFace folder, whose config.json says how it turns."
            );
    }

    // A divisor between 1 and the factor says how its wavelength lies to the length of the pre-training.
    private static double FindOriginal(float[] divisors, double theta, double factor)
    {
        int between = Array.FindIndex(divisors, divisor => divisor > 1.001 && divisor < factor * 0.999);
        if (between < 0)
        {
            return UsualOriginal;
        }

        double smooth = ((1 / (double)divisors[between]) - (1 / factor)) / (1 - (1 / factor));
        double wavelength = 2 * Math.PI * Math.Pow(theta, (double)between / divisors.Length);
        return Math.Round(wavelength * (Low + (smooth * (High - Low))));
    }
}
