//! Text tables: Fitabase's, Garmin's live stream, and any other.

use super::Sample;
use super::packed::gzipped;

pub(crate) fn samples() -> Vec<Sample> {
    let names: Vec<String> = (0..60).map(|minute| format!("Steps{minute:02}")).collect();
    let values: Vec<String> = (0..60).map(|minute| minute.to_string()).collect();
    let wide = format!("Id,ActivityHour,{}\n7,4/13/2016 0:00,{}\n", names.join(","), values.join(","));
    let minutes = "Id,ActivityMinute,Steps\n7,4/12/2016 12:01:00 AM,9\n8,4/12/2016 12:02:00 AM,11\n";
    let sample = |name, text: &str| Sample::new("tables", name, text);
    vec![
        sample("minuteStepsWide.csv", &wide),
        sample("minuteStepsNarrow.csv", minutes),
        sample("hourlySteps.csv", "Id,ActivityHour,StepTotal\n7,4/12/2016 1:00:00 PM,373\n"),
        sample(
            "dailyActivity.csv",
            "Id,ActivityDate,TotalSteps,TotalDistance\n7,4/12/2016,13162,8.5\n7,4/13/2016,9,0.1\n",
        ),
        sample(
            "heartrate_seconds.csv",
            "Id,Time,Value\n7,4/12/2016 7:21:05 AM,97\n7,4/12/2016 7:21:10 AM,0\n",
        ),
        sample("wear.csv", "Day,TotalMinutesWearTime,PercentageWearTime\n4/12/2016,600,41.6\n"),
        sample(
            "stream.csv",
            "2019-10-16T12:08:58.041+02:00;STEPS;299.0\n2019-10-16T12:08:58.041+02:00;HEART_RATE;72.0\n\
             2019-10-16T12:08:59.041+02:00;HEART_RATE_VARIABILITY;812.0\n",
        ),
        sample(
            "table.csv",
            "Id,Time,HeartRate,Steps\np,2016-04-02 09:49:00,75,34\np,2016-04-02 09:50:00,75,34\n",
        ),
        sample("decimals.csv", "Date;Time;Heart Rate (bpm);Steps\n2016-04-02;09:49;75,5;34\n"),
        sample("long.csv", "time\tend\tkind\tvalue\n2016-04-02T09:49:00Z\t2016-04-02T09:54:00Z\tsteps\t75\n"),
        Sample::new("tables", "minuteStepsNarrow_p.csv.gz", gzipped(minutes.as_bytes())),
    ]
}
