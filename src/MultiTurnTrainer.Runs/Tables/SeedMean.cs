namespace MultiTurnTrainer.Runs.Tables;

/// <summary>A mean over seeds with its 95 % interval: mean ± t·s/√n, t of Student with n − 1 degrees of freedom.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="HalfWidth">Half the width of the interval; null for one seed, which has none.</param>
public readonly record struct SeedMean(double Mean, double? HalfWidth)
{
    // The 97.5th percentiles for 1 to 30 degrees of freedom (any table of Student's t); beyond, the normal's with Fisher's correction.
    private static readonly double[] _student =
    [
        12.7062,
        4.3027,
        3.1824,
        2.7764,
        2.5706,
        2.4469,
        2.3646,
        2.3060,
        2.2622,
        2.2281,
        2.2010,
        2.1788,
        2.1604,
        2.1448,
        2.1314,
        2.1199,
        2.1098,
        2.1009,
        2.0930,
        2.0860,
        2.0796,
        2.0739,
        2.0687,
        2.0639,
        2.0595,
        2.0555,
        2.0518,
        2.0484,
        2.0452,
        2.0423,
    ];

    /// <summary>Of one value a seed.</summary>
    public static SeedMean Of(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        if (values.Count < 2)
        {
            return new SeedMean(mean, null);
        }

        double variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return new SeedMean(mean, Student(values.Count - 1) * Math.Sqrt(variance / values.Count));
    }

    private static double Student(int freedom)
    {
        const double normal = 1.959964;
        return freedom <= _student.Length
            ? _student[freedom - 1]
            : normal + (((normal * normal * normal) + normal) / (4 * freedom));
    }
}
